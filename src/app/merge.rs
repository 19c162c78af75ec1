//! Two texts that were changed from one, made one again, line by line.

use std::ops::Range;

/// A merged text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    pub text: String,
    /// Places where both changed the same lines, each in another way. `text` has ours there, and theirs as comments.
    pub n_conflicts: usize,
}

/// Lines that are compared to find what belongs together; texts that differ in more are one conflict.
const MAX_DIFFERENCES: usize = 2_000;

/// Three-way merge: what either side has changed of `base`.
pub fn merge(base: &str, ours: &str, theirs: &str) -> Merged {
    let base: Vec<&str> = base.split_inclusive('\n').collect();
    let ours: Vec<&str> = ours.split_inclusive('\n').collect();
    let theirs: Vec<&str> = theirs.split_inclusive('\n').collect();
    let (mine, yours) = (hunks(&base, &ours), hunks(&base, &theirs));
    let mut merged = Merged { text: String::new(), n_conflicts: 0 };
    let (mut at, mut i, mut j) = (0, 0, 0);
    while i < mine.len() || j < yours.len() {
        let start = [mine.get(i), yours.get(j)].into_iter().flatten().map(|hunk| hunk.base.start).min().unwrap_or(0);
        // All changes that touch each other are one place.
        let (mut end, mut i_end, mut j_end) = (start, i, j);
        loop {
            let touches = |hunk: Option<&Hunk>| hunk.is_some_and(|hunk| hunk.base.start <= end);
            if touches(mine.get(i_end)) {
                end = end.max(mine[i_end].base.end);
                i_end += 1;
            } else if touches(yours.get(j_end)) {
                end = end.max(yours[j_end].base.end);
                j_end += 1;
            } else {
                break;
            }
        }
        push(&mut merged.text, &base[at..start]);
        let a = side(&base, &ours, &mine[i..i_end], start..end);
        let b = side(&base, &theirs, &yours[j..j_end], start..end);
        if i == i_end || a == b {
            push(&mut merged.text, &b);
        } else if j == j_end {
            push(&mut merged.text, &a);
        } else {
            push(&mut merged.text, &a);
            as_comments(&mut merged.text, &b);
            merged.n_conflicts += 1;
        }
        (at, i, j) = (end, i_end, j_end);
    }
    push(&mut merged.text, &base[at..]);
    merged
}

fn push(text: &mut String, lines: &[&str]) {
    for line in lines {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(line);
    }
}

fn as_comments(text: &mut String, lines: &[&str]) {
    for line in lines {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        text.push_str(&line[..indent]);
        text.push_str("// theirs: ");
        text.push_str(line[indent..].trim_end());
        text.push('\n');
    }
}

/// Lines of the base, and those that took their place.
#[derive(Clone, Debug)]
struct Hunk {
    base: Range<usize>,
    new: Range<usize>,
}

/// What one side made of a range of the base.
fn side<'t>(base: &[&'t str], new: &[&'t str], hunks: &[Hunk], range: Range<usize>) -> Vec<&'t str> {
    let mut lines = Vec::new();
    let mut at = range.start;
    for hunk in hunks {
        lines.extend_from_slice(&base[at..hunk.base.start]);
        lines.extend_from_slice(&new[hunk.new.clone()]);
        at = hunk.base.end;
    }
    lines.extend_from_slice(&base[at..range.end]);
    lines
}

/// The shortest list of changes (Myers), or one for all if that is too long.
fn hunks(old: &[&str], new: &[&str]) -> Vec<Hunk> {
    let same = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - same;
    let tail = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let (a, b) = (&old[same..old.len() - tail], &new[same..new.len() - tail]);
    let mut found: Vec<Hunk> = Vec::new();
    let (mut x, mut y) = (0, 0);
    let end = std::iter::once((a.len(), b.len()));
    for (next_x, next_y) in common(a, b).into_iter().chain(end) {
        if next_x > x || next_y > y {
            found.push(Hunk { base: same + x..same + next_x, new: same + y..same + next_y });
        }
        (x, y) = (next_x + 1, next_y + 1);
    }
    found
}

/// Pairs of lines that are the same, in order; none if there are too many others.
fn common(a: &[&str], b: &[&str]) -> Vec<(usize, usize)> {
    let (n, m) = (a.len(), b.len());
    let max = (n + m).min(MAX_DIFFERENCES);
    let width = 2 * max + 1;
    // For each diagonal, how far it was come in `a`; a row for each number of differences.
    let mut rows: Vec<Vec<usize>> = Vec::new();
    let mut reach = vec![0_usize; width + 2];
    let mut found = None;
    'search: for d in 0..=max {
        for slot in 0..=d {
            let k = max + 2 * slot + 1 - d;
            let down = slot == 0 || (slot != d && reach[k - 1] < reach[k + 1]);
            let mut x = if down { reach[k + 1] } else { reach[k - 1] + 1 };
            if d == 0 {
                x = 0;
            }
            // k - (max + 1) = x - y
            let Some(mut y) = (x + max + 1).checked_sub(k) else { continue };
            while x < n && y < m && a[x] == b[y] {
                x += 1;
                y += 1;
            }
            reach[k] = x;
            if x >= n && y >= m {
                rows.push(reach[max + 1 - d..=max + 1 + d].to_vec());
                found = Some(d);
                break 'search;
            }
        }
        rows.push(reach[max + 1 - d..=max + 1 + d].to_vec());
    }
    let Some(last) = found else { return Vec::new() };
    let mut pairs = Vec::new();
    let (mut x, mut y) = (n, m);
    for d in (1..=last).rev() {
        let (before, steps) = (&rows[d - 1], signed(d));
        // Of diagonal x - y, as an index into the row before.
        let at = |k: i64| usize::try_from(k + steps - 1).ok().and_then(|index| before.get(index)).copied();
        let k = signed(x) - signed(y);
        let down = k == -steps || (k != steps && at(k - 1) < at(k + 1));
        let (px, pk) = if down { (at(k + 1).unwrap_or(0), k + 1) } else { (at(k - 1).unwrap_or(0), k - 1) };
        let py = usize::try_from(signed(px) - pk).unwrap_or(0);
        let (sx, sy) = if down { (px, py + 1) } else { (px + 1, py) };
        while x > sx && y > sy {
            x -= 1;
            y -= 1;
            pairs.push((x, y));
        }
        (x, y) = (px, py);
    }
    while x > 0 && y > 0 {
        x -= 1;
        y -= 1;
        pairs.push((x, y));
    }
    pairs.reverse();
    pairs
}

fn signed(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base: &str, ours: &str, theirs: &str, expected: &str, n_conflicts: usize) {
        let lines = |text: &str| text.replace(' ', "\n") + "\n";
        let merged = merge(&lines(base), &lines(ours), &lines(theirs));
        assert_eq!(merged.text.trim_end().replace("// theirs: ", "#").replace('\n', " "), expected);
        assert_eq!(merged.n_conflicts, n_conflicts, "{base} {ours} {theirs}");
    }

    #[test]
    fn changes_of_both_sides_are_kept() {
        check("a b c d e", "a X c d e", "a b c d Y", "a X c d Y", 0);
        check("a b c d e", "a b c d e", "a c d e f", "a c d e f", 0);
        check("a b c", "a X c", "a X c", "a X c", 0);
        check("a b c", "n a b c", "a b c m", "n a b c m", 0);
        check("a b c d e f g", "a c d e F g", "a b c D e f g h", "a c D e F g h", 0);
        check("a b c", "a X c", "a Y c", "a X #Y c", 1);
        check("a b c", "a c", "a Y c", "a #Y c", 1);
        check("a b c d e f", "a 1 c d 2 f", "a 3 c d e f", "a 1 #3 c d 2 f", 1);
    }

    #[test]
    fn nothing_is_lost_of_random_changes() {
        use proptest::prelude::*;
        let line = || prop::sample::select(vec!["a", "b", "c", "d"]);
        let text = || prop::collection::vec(line(), 0..12);
        proptest!(|(base in text(), ours in text(), theirs in text())| {
            let join = |lines: &[&str]| lines.iter().flat_map(|line| [*line, "\n"]).collect::<String>();
            let (base, ours, theirs) = (join(&base), join(&ours), join(&theirs));
            prop_assert_eq!(merge(&base, &ours, &base).text, ours.clone());
            prop_assert_eq!(merge(&base, &base, &theirs).text, theirs.clone());
            prop_assert_eq!(merge(&base, &ours, &ours).text, ours.clone());
            let merged = merge(&base, &ours, &theirs);
            let again = merge(&base, &theirs, &ours);
            prop_assert_eq!(merged.n_conflicts, again.n_conflicts);
        });
    }
}

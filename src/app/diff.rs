//! Two texts line by line: what a person sees before old work is taken up or another file is written.

/// A line of a diff, with some of what stands around the changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub change: Change,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Same,
    Removed,
    Added,
    /// Lines that are not shown: `text` says how many.
    Left,
}

impl Change {
    /// Colour is not the only sign.
    pub const fn sign(self) -> char {
        match self {
            Self::Same | Self::Left => ' ',
            Self::Removed => '-',
            Self::Added => '+',
        }
    }
}

/// Unchanged lines shown on each side of a change.
const AROUND: usize = 2;
/// A person reads no more.
const MAX_LINES: usize = 400;
/// Lines times lines that are compared one by one; larger parts count as replaced whole.
const MAX_WORK: usize = 4_000_000;

/// What becomes of `old` to be `new`. Empty if they are the same.
pub fn lines(old: &str, new: &str) -> Vec<Line> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let before = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = (&old[before..], &new[before..]);
    let after = rest.0.iter().rev().zip(rest.1.iter().rev()).take_while(|(a, b)| a == b).count();
    let (middle_old, middle_new) = (&rest.0[..rest.0.len() - after], &rest.1[..rest.1.len() - after]);
    let mut all = Vec::new();
    let line = |change, text: &str| Line { change, text: text.to_owned() };
    all.extend(old[..before].iter().map(|text| line(Change::Same, text)));
    middle(middle_old, middle_new, &mut |change, text| all.push(line(change, text)));
    all.extend(old[old.len() - after..].iter().map(|text| line(Change::Same, text)));
    shorten(all)
}

/// By the longest common subsequence.
fn middle(old: &[&str], new: &[&str], add: &mut dyn FnMut(Change, &str)) {
    let width = new.len() + 1;
    let mut common = Vec::new();
    let compares = old.len().saturating_mul(new.len()) <= MAX_WORK;
    if compares {
        common = vec![0u32; (old.len() + 1) * width];
        for i in (0..old.len()).rev() {
            for j in (0..new.len()).rev() {
                common[i * width + j] = if old[i] == new[j] {
                    common[(i + 1) * width + j + 1] + 1
                } else {
                    common[(i + 1) * width + j].max(common[i * width + j + 1])
                };
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    while compares && i < old.len() && j < new.len() {
        if old[i] == new[j] {
            add(Change::Same, old[i]);
            (i, j) = (i + 1, j + 1);
        } else if common[(i + 1) * width + j] >= common[i * width + j + 1] {
            add(Change::Removed, old[i]);
            i += 1;
        } else {
            add(Change::Added, new[j]);
            j += 1;
        }
    }
    old[i..].iter().for_each(|text| add(Change::Removed, text));
    new[j..].iter().for_each(|text| add(Change::Added, text));
}

fn shorten(all: Vec<Line>) -> Vec<Line> {
    let is_change = |line: &Line| line.change != Change::Same;
    let near = |n: usize| all[n.saturating_sub(AROUND)..(n + AROUND + 1).min(all.len())].iter().any(is_change);
    let keep: Vec<bool> = (0..all.len()).map(near).collect();
    let left = |n: usize| Line { change: Change::Left, text: format!("… {n} lines …") };
    if !keep.contains(&true) {
        return Vec::new();
    }
    let mut short = Vec::new();
    let mut skipped = 0;
    for (line, keep) in all.into_iter().zip(keep) {
        if !keep || short.len() >= MAX_LINES {
            skipped += 1;
            continue;
        }
        if skipped > 0 {
            short.push(left(std::mem::take(&mut skipped)));
        }
        short.push(line);
    }
    if skipped > 0 {
        short.push(left(skipped));
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &str, new: &str, expected: &[&str]) {
        let found: Vec<String> =
            lines(old, new).iter().map(|line| format!("{}{}", line.change.sign(), line.text)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn shows_what_changed_and_a_little_around_it() {
        check("a\nb\n", "a\nb\n", &[]);
        check("", "a\n", &["+a"]);
        check("a\nb\nc\n", "a\nx\nc\n", &[" a", "-b", "+x", " c"]);
        check("1\n2\n3\n4\n5\n6\n", "1\n2\n3\n4\n5\n6\n7\n", &[" … 4 lines …", " 5", " 6", "+7"]);
        check("a\nb\nc\nd\n", "b\nc\nx\nd\n", &["-a", " b", " c", "+x", " d"]);
    }

    #[test]
    fn large_texts_are_bounded() {
        let (old, new) = ("a\n".repeat(50_000), "b\n".repeat(50_000));
        assert!(lines(&old, &new).len() <= MAX_LINES + 2);
    }
}

use std::fmt::{self, Display, Formatter};

/// Text as XML has it, within an element or a quoted attribute.
pub struct Text<'a>(pub &'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\t' | '\n' | '\r' => f.write_char(' ')?,
                // No XML may hold these, not even as a reference.
                '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => f.write_char('\u{fffd}')?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// A number of units with at most one digit after the point: a picture needs no more, and stays small.
#[derive(Clone, Copy)]
pub struct Num(pub f32);

impl Display for Num {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let tenths = (f64::from(self.0) * 10.0).round();
        if !tenths.is_finite() || tenths == 0.0 {
            return f.write_str("0");
        }
        let value = tenths / 10.0;
        if tenths % 10.0 == 0.0 { write!(f, "{value:.0}") } else { write!(f, "{value:.1}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped() {
        assert_eq!(Text("a<b> & \"c\"\n\u{1}数").to_string(), "a&lt;b&gt; &amp; &quot;c&quot; \u{fffd}数");
    }

    #[test]
    fn numbers_are_short() {
        for (number, text) in [
            (0.0, "0"),
            (-0.04, "0"),
            (12.0, "12"),
            (-3.25, "-3.3"),
            (0.96, "1"),
            (2_000_000.0, "2000000"),
            (f32::NAN, "0"),
            (f32::INFINITY, "0"),
        ] {
            assert_eq!(Num(number).to_string(), text);
        }
    }
}

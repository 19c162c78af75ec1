use super::Span;

/// Replace the bytes of `span` by `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextChange {
    pub span: Span,
    pub text: String,
}

impl TextChange {
    pub fn new(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }

    /// The new text, and the change that takes it back.
    ///
    /// # Panics
    /// The span lies outside of `text` or cuts a character: the change was made for another text.
    #[must_use = "it undoes the change"]
    pub fn apply(&self, text: &mut String) -> Self {
        let old = text[self.span.range()].to_owned();
        text.replace_range(self.span.range(), &self.text);
        let len = u32::try_from(self.text.len()).expect("texts are shorter than 4 GiB");
        Self { span: Span::new(self.span.start, self.span.start + len), text: old }
    }
}

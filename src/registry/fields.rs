//! Checks of a request's texts: all that is wrong is told at once, field by field.

use crate::domain::refusal::{FieldError, Refusal};

/// What is wrong with a request so far.
#[derive(Debug, Default)]
pub(super) struct Fields {
    errors: Vec<FieldError>,
}

impl Fields {
    /// Notes that `field` cannot be taken.
    pub(super) fn refuse(&mut self, field: &str, message: impl Into<String>) {
        if self.errors.iter().all(|error| error.field != field) {
            self.errors.push(FieldError::new(field, message));
        }
    }

    /// Trims a text that must be there: 1 to `longest` characters, none of them a control character.
    pub(super) fn text(&mut self, field: &str, value: &mut String, longest: usize) {
        *value = value.trim().to_owned();
        if value.is_empty() {
            self.refuse(field, format!("must have 1 to {longest} characters"));
        }
        self.plain(field, value, longest);
    }

    /// Trims a text that may be absent; a blank one is absent.
    pub(super) fn optional_text(&mut self, field: &str, value: &mut Option<String>, longest: usize) {
        *value = value.take().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        if let Some(text) = value {
            self.plain(field, text, longest);
        }
    }

    /// Trims a text that may be absent, but not blank: as [`Self::text`] where it is given.
    pub(super) fn text_if_given(&mut self, field: &str, value: &mut Option<String>, longest: usize) {
        if let Some(text) = value {
            self.text(field, text, longest);
        }
    }

    fn plain(&mut self, field: &str, value: &str, longest: usize) {
        if value.chars().count() > longest {
            self.refuse(field, format!("must have {longest} characters at most"));
        }
        if value.chars().any(char::is_control) {
            self.refuse(field, "must not contain control characters");
        }
    }

    /// Refuses the request where anything is wrong.
    pub(super) fn done(self) -> Result<(), Refusal> {
        if self.errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(self.errors)) }
    }
}

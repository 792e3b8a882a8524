//! Recharge templates: how deposits are read out of texts, and why what is not certain is not booked.
//!
//! [`TemplateSpec`] is what an operator writes; [`TemplateSpec::compile`] makes it a [`Compiled`] or says what is wrong;
//! [`TemplateBook`] holds all of them and makes a [`Parsed`] of a text. Pure functions of values. Uses the values of
//! `domain`; the parser actor, the template registry and the benches use it. The language is described in
//! `docs/reference/recon/templates.md`.
//!
//! Invariants, each cited where it is held and by the test that shows it:
//! - INV-P1: a number field takes a whole number, and two numbers fused by a lost line break never parse.
//! - INV-P2: a number that mixes digit systems never parses.
//! - INV-P3: a text that one template can read in two ways is not booked.
//! - INV-P4: a word that the template sets off is not read from the end of a longer word.
//! - INV-P5: a word outside the fields that says that no money came keeps a deposit from being booked.
//! - INV-P6: a text that a withdrawal or ignore template fits is no deposit.
//! - INV-P7: templates that read different values from a text book none of them.

mod book;
mod compile;
mod compiled;
mod date;
mod edge;
mod field;
mod fieldsets;
mod literal;
mod money;
mod pattern;
mod prefilter;
mod program;
mod reading;
mod rival;
mod sample;
mod spec;
mod syntax;
pub mod synthetic;
mod take;
mod units;
mod when;
mod words;

#[cfg(test)]
mod tests;

pub use book::{Parsed, TemplateBook, TemplateEntry};
pub use compiled::{Compiled, LONGEST_TEXT};
pub use field::{FieldName, FieldType};
pub use reading::{Fields, Reading};
pub use spec::{TemplateKind, TemplateSample, TemplateSpec};

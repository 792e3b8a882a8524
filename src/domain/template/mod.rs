//! Recharge templates: how deposits are read out of texts, and why what is not certain is not booked.
//!
//! [`TemplateSpec`] is what an operator writes; [`TemplateSpec::compile`] makes it a [`Compiled`] or says what is wrong;
//! [`suggest`] makes one
//! of examples; [`TemplateBook`] holds all of them and makes a [`Parsed`] of a text. Pure functions of values. Uses the
//! values of `domain`; the parser actor, the template registry and the benches use it. The language is described in
//! `docs/reference/recon/templates.md`.
//!
//! Its invariants (INV-P1 and on) stand in `docs/specs/recon/invariants.md`.

mod book;
pub mod compare;
mod compile;
mod compiled;
mod date;
mod edge;
mod field;
mod fieldsets;
mod fragment;
mod literal;
mod machine;
mod money;
mod pattern;
mod prefilter;
mod program;
mod reader;
mod reading;
mod sample;
mod spec;
pub mod suggest;
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

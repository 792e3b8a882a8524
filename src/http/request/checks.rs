//! The lengths and counts that the contract names, for each body. What takes knowledge of anything else is the actor's.

use crate::contract::chain::AcceptBreakInput;
use crate::contract::device::{DeviceInput, TrustInput};
use crate::contract::order::OrdersInput;
use crate::contract::phone::PhoneInput;
use crate::contract::pushbullet::PushbulletDeviceInput;
use crate::contract::sms::{CheckInput, ResetInput};
use crate::contract::telegram::BotInput;
use crate::contract::template::TemplateTestInput;
use crate::contract::template_trial::{BACKTEST_MAX, BacktestInput, SuggestInput};
use crate::domain::refusal::FieldError;
use crate::domain::template::TemplateSpec;
use crate::http::actors::ControlInput;

use super::body::RequestBody;

impl RequestBody for TemplateSpec {}
impl RequestBody for TrustInput {}
impl RequestBody for BotInput {}

impl RequestBody for PhoneInput {
    fn check(&self, errors: &mut Vec<FieldError>) {
        length(errors, "phone", &self.phone, 1, 64);
        optional(errors, "label", self.label.as_deref(), 200);
        optional(errors, "bank", self.bank.as_deref(), 200);
    }
}

impl RequestBody for DeviceInput {
    fn check(&self, errors: &mut Vec<FieldError>) {
        length(errors, "name", &self.name, 1, 100);
        optional(errors, "line", self.line.as_deref(), 64);
        if let Some(secret) = &self.secret {
            length(errors, "secret", secret, 1, 256);
        }
    }
}

impl RequestBody for PushbulletDeviceInput {
    fn check(&self, errors: &mut Vec<FieldError>) {
        length(errors, "name", &self.name, 1, 100);
        length(errors, "access_token", &self.access_token, 1, 256);
        optional(errors, "line", self.line.as_deref(), 64);
        if let Some(iden) = &self.device_iden {
            length(errors, "device_iden", iden, 1, 64);
        }
        if let Some(password) = &self.encryption_password {
            length(errors, "encryption_password", password, 1, 256);
        }
    }
}

impl RequestBody for OrdersInput {
    fn check(&self, errors: &mut Vec<FieldError>) {
        count(errors, "orders", self.orders.len(), 1, 1000);
    }
}

impl RequestBody for TemplateTestInput {
    fn check(&self, errors: &mut Vec<FieldError>) {
        count(errors, "texts", self.texts.len(), 1, 100);
    }
}

impl RequestBody for SuggestInput {
    fn check(&self, errors: &mut Vec<FieldError>) {
        count(errors, "examples", self.examples.len(), 1, 5);
    }
}

impl RequestBody for BacktestInput {
    fn when_empty() -> Option<Self> {
        Some(Self::default())
    }

    fn check(&self, errors: &mut Vec<FieldError>) {
        if self.limit.is_some_and(|limit| !(1..=BACKTEST_MAX).contains(&limit)) {
            errors.push(FieldError::new("limit", format!("must be 1 to {BACKTEST_MAX}")));
        }
    }
}

impl RequestBody for ResetInput {
    fn check(&self, errors: &mut Vec<FieldError>) {
        match (&self.ids, &self.filter) {
            (Some(ids), None) => count(errors, "ids", ids.len(), 1, 1000),
            (None, Some(_)) => {}
            _ => errors.push(FieldError::new("", "either ids or filter must be given, and only one of the two")),
        }
    }
}

impl RequestBody for AcceptBreakInput {
    fn check(&self, errors: &mut Vec<FieldError>) {
        length(errors, "note", &self.note, 1, 1000);
    }
}

impl RequestBody for CheckInput {
    fn check(&self, errors: &mut Vec<FieldError>) {
        optional(errors, "note", self.note.as_deref(), 1000);
        if let Some(order_id) = &self.order_id {
            length(errors, "order_id", order_id, 1, 128);
        }
    }
}

impl RequestBody for ControlInput {
    fn when_empty() -> Option<Self> {
        Some(Self::default())
    }

    fn check(&self, errors: &mut Vec<FieldError>) {
        optional(errors, "reason", self.reason.as_deref(), 1000);
        optional(errors, "process", self.process.as_deref(), 200);
    }
}

fn length(errors: &mut Vec<FieldError>, field: &str, text: &str, min: usize, max: usize) {
    if !(min..=max).contains(&text.chars().count()) {
        errors.push(FieldError::new(field, format!("must have {min} to {max} characters")));
    }
}

fn optional(errors: &mut Vec<FieldError>, field: &str, text: Option<&str>, max: usize) {
    length(errors, field, text.unwrap_or_default(), 0, max);
}

fn count(errors: &mut Vec<FieldError>, field: &str, found: usize, min: usize, max: usize) {
    if !(min..=max).contains(&found) {
        errors.push(FieldError::new(field, format!("must hold {min} to {max} items, holds {found}")));
    }
}

//! A corpus: labelled texts, and days with what is true of them. `docs/reference/recon/eval.md` describes the files.

mod crowd;
mod draft;
mod ledger;
mod lines;
mod moment;
mod shapes;
mod shipped;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::domain::order::OrderInput;
use crate::domain::sms::CheckDecision;
use crate::domain::source::SourceRef;
use crate::domain::template::TemplateSpec;
use crate::domain::time::UnixMs;

pub use lines::{LineError, read};
pub use shipped::shipped;

/// What is evaluated.
#[derive(Clone, Debug, Default)]
pub struct Corpus {
    /// Templates beside those of the packs.
    pub templates: Vec<TemplateSpec>,
    /// Labelled texts.
    pub texts: Vec<LabelledText>,
    /// Scripted days.
    pub days: Vec<Day>,
}

/// A text and what must be made of it.
#[derive(Clone, Debug)]
pub struct LabelledText {
    /// Where it stands: `korea.jsonl:12`.
    pub place: String,
    /// Whose text it is or claims to be.
    pub bank: String,
    /// Who sent it.
    pub sender: String,
    /// The text.
    pub text: String,
    /// When it was received.
    pub received_at: UnixMs,
    /// What must be made of it.
    pub expect: Expect,
    /// Why it is there.
    pub why: String,
}

/// What must be made of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// It is a deposit with these fields.
    Deposit(BTreeMap<String, String>),
    /// It is a withdrawal and must be read as one.
    Withdrawal,
    /// It must not be booked, and people must be asked.
    Review,
    /// It must not be booked.
    Nothing,
}

/// A day.
#[derive(Clone, Debug)]
pub struct Day {
    /// What it is called.
    pub name: String,
    /// What it is about.
    pub why: String,
    /// When its clock starts.
    pub starts: UnixMs,
    /// How long after an unchecked match the wallet credits its order.
    pub approve_after: Duration,
    /// The senders of its accounts, which are on the whitelist.
    pub senders: Vec<String>,
    /// The messages, as the banks (or others) sent them.
    pub messages: Vec<Message>,
    /// What happens, in its order.
    pub steps: Vec<Step>,
}

/// A message of a day and what is true of it.
#[derive(Clone, Debug)]
pub struct Message {
    /// What steps call it.
    pub id: String,
    /// Whose text it is or claims to be.
    pub bank: String,
    /// Who sent it.
    pub sender: String,
    /// The text.
    pub text: String,
    /// The receiving handset.
    pub line: String,
    /// When the handset received it.
    pub received_at: UnixMs,
    /// Whether it reached anybody.
    pub heard: bool,
    /// What is true of it.
    pub truth: Truth,
}

/// What is true of a message, whatever can be seen of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truth {
    /// What it tells.
    pub is: Is,
    /// The order that its money was paid for.
    pub pays: Option<String>,
    /// Whether everything that can be seen proves that, so that an auditor would sign the pair.
    pub certain: bool,
}

crate::text_enum! {
    /// What a message tells.
    pub enum Is {
        /// Money that came in.
        Deposit = "deposit",
        /// Money that went out.
        Withdrawal = "withdrawal",
        /// A deposit that never was.
        Forged = "forged",
        /// Anything else.
        Other = "other",
    }
}

/// Something that happens.
#[derive(Clone, Debug)]
pub struct Step {
    /// When.
    pub at: UnixMs,
    /// What.
    pub what: Happening,
}

/// What happens.
#[derive(Clone, Debug)]
pub enum Happening {
    /// The wallet tells an order, new or changed; its version is the player's to count.
    Order(Box<OrderInput>),
    /// Sources deliver a message, each so many times.
    Delivery {
        /// Its place among the day's messages.
        message: usize,
        /// By which sources.
        over: Vec<SourceRef>,
        /// How often each.
        times: u32,
    },
    /// The daemon is stopped and started again.
    Restart,
    /// An operator checks a message.
    Check {
        /// Its place among the day's messages.
        message: usize,
        /// What they decide.
        decision: CheckDecision,
        /// The order that they link it with.
        order_id: Option<String>,
    },
}

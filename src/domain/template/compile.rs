//! From what an operator wrote to a [`Compiled`], or to what is wrong with it.

use jiff::tz::TimeZone;

use crate::domain::money::{Currency, Money};
use crate::domain::phone::comparable_sender;
use crate::domain::refusal::FieldError;
use crate::domain::sms::Direction;
use crate::domain::text;

use super::compiled::Compiled;
use super::field::FieldName;
use super::pattern::{self, Group};
use super::program::{self, Program};
use super::reader::{Reader, Turned};
use super::spec::{TemplateKind, TemplateSpec};
use super::syntax::{self, Node, SyntaxError};
use super::{edge, fieldsets};
use super::{literal, sample, words};

/// The longest pattern (characters).
const LONGEST_PATTERN: usize = 4000;
/// The most senders of one template.
const MOST_SENDERS: usize = 100;
/// The most samples of one template.
const MOST_SAMPLES: usize = 100;

impl TemplateSpec {
    /// Whether the template can be saved: everything that [`compile`](Self::compile) checks.
    pub fn validate(&self) -> Result<(), Vec<FieldError>> {
        self.compile().map(|_| ())
    }

    /// Makes the template ready to read. Every sample has been read as it is expected.
    ///
    /// # Errors
    /// All wrong fields at once; of a bad pattern the character (counted from 1) and the reason; of a sample what
    /// differed (`samples[0].expect.amount`).
    pub fn compile(&self) -> Result<Compiled, Vec<FieldError>> {
        let mut errors = self.plain_errors();
        let currency = self.currency_checked().map_err(|error| errors.push(error)).ok();
        let zone = TimeZone::get(&self.timezone)
            .map_err(|_| {
                let message = format!("{:?} is no time zone like Asia/Seoul", self.timezone);
                errors.push(FieldError::new("timezone", message));
            })
            .ok();
        let maximum = self.maximum(currency).map_err(|error| errors.push(error)).ok().flatten();
        let pattern = match self.kind {
            TemplateKind::Typed => self.typed(currency.unwrap_or(Currency::KRW)),
            TemplateKind::Regex => self.regex(),
        };
        let pattern = pattern
            .map_err(|(at, reason)| {
                errors.push(FieldError::new("pattern", format!("character {at}: {reason}")));
            })
            .ok();
        let (Some(currency), Some(zone), Some(pattern), true) = (currency, zone, pattern, errors.is_empty()) else {
            return Err(errors);
        };
        let compiled = Compiled {
            warnings: pattern.warnings,
            direction: self.direction,
            currency,
            zone,
            account: self.account.clone(),
            maximum,
            pattern: self.pattern.clone(),
            reader: pattern.reader,
            groups: pattern.groups.into(),
            required: pattern.required,
        };
        let errors = sample::differences(self, &compiled);
        if errors.is_empty() { Ok(compiled) } else { Err(errors) }
    }

    fn plain_errors(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut check = |is_wrong: bool, field: &str, message: &str| {
            if is_wrong {
                errors.push(FieldError::new(field, message));
            }
        };
        let name = self.name.trim().chars().count();
        check(name == 0 || name > 100, "name", "a name has 1 to 100 characters");
        check(self.pattern.trim().is_empty(), "pattern", "character 1: the pattern is empty");
        check(
            self.pattern.chars().count() > LONGEST_PATTERN,
            "pattern",
            &format!("character {}: a pattern has at most {LONGEST_PATTERN} characters", LONGEST_PATTERN + 1),
        );
        check(self.senders.is_empty(), "senders", "name at least one sender, or `*` for all");
        check(self.senders.len() > MOST_SENDERS, "senders", "a template has at most 100 senders");
        check(self.samples.len() > MOST_SAMPLES, "samples", "a template has at most 100 samples");
        for (at, sender) in self.senders.iter().enumerate() {
            check(
                sender != "*" && (comparable_sender(sender).is_empty() || sender.chars().count() > 64),
                &format!("senders[{at}]"),
                "a sender is a number, a name of at most 64 characters, or `*`",
            );
        }
        let account = self.account.as_deref().map(|account| account.trim().chars().count());
        check(account.is_some_and(|len| len == 0 || len > 64), "account", "an account has 1 to 64 characters");
        check(self.name_max.is_some_and(|most| most == 0 || most > 40), "name_max", "it is 1 to 40 characters");
        errors
    }

    fn currency_checked(&self) -> Result<Currency, FieldError> {
        let currency =
            Currency::of_payments(&self.currency).map_err(|error| FieldError::new("currency", error.to_string()))?;
        if currency == Currency::TEST {
            return Err(FieldError::new("currency", "XTS is the heartbeat's currency; no template has it"));
        }
        Ok(currency)
    }

    fn maximum(&self, currency: Option<Currency>) -> Result<Option<Money>, FieldError> {
        let (Some(amount), Some(currency)) = (&self.max_amount, currency) else { return Ok(None) };
        let maximum =
            Money::from_major(amount, currency).map_err(|error| FieldError::new("max_amount", format!("{error}")))?;
        if maximum.minor == 0 {
            return Err(FieldError::new("max_amount", "a maximum of zero lets nothing through"));
        }
        Ok(Some(maximum))
    }

    fn typed(&self, currency: Currency) -> Result<Pattern, (usize, String)> {
        let (skipped, body) = text::without_header(&self.pattern);
        let shifted = |error: SyntaxError| (error.at + skipped, error.reason);
        let (nodes, mut warnings) = syntax::parse(body).map_err(shifted)?;
        let nodes = edge::merge_spaces(nodes);
        let sets = fieldsets::field_sets(&nodes).map_err(shifted)?;
        let place = |field| fieldsets::place_of(&nodes, field).map_or(1, |at| at + skipped);
        self.check_fields(|field| sets.some.contains(&field), |field| sets.every.contains(&field), place)?;
        let steps = pattern::assemble(&nodes, currency).map_err(shifted)?;
        warnings.extend(literal_digits(&nodes));
        warnings.extend(self.word_warnings(body));
        let reader = Reader::typed(steps.machine, steps.has_skips, steps.has_texts);
        Ok(Pattern { reader, groups: steps.groups, required: literal::required_of(&nodes), warnings })
    }

    fn regex(&self) -> Result<Pattern, (usize, String)> {
        let inner = program::parse_regex(&self.pattern)?;
        let turned = program::turn_greed_outside_groups(&inner) != inner;
        let hir = program::anchor(inner);
        let program = Program::compile(&hir).map_err(|reason| (1, reason))?;
        let mut groups = Vec::new();
        for name in program.group_names() {
            let Some(field) = FieldName::of(name) else {
                return Err((self.place_of(name), format!("there is no field `{name}`")));
            };
            let kind = field.default_type();
            let group = Group { field, kind, loose_left: false, loose_right: false, may_be_fused: false };
            if groups.iter().any(|other: &Group| other.field == field) {
                return Err((self.place_of(name), format!("`{field}` stands twice; a field is read once")));
            }
            groups.push(group);
        }
        let has = |field| groups.iter().any(|group| group.field == field);
        let names: Vec<(FieldName, &str)> =
            program.group_names().filter_map(|name| Some((FieldName::of(name)?, name))).collect();
        let name_of = |field| names.iter().find(|(other, _)| *other == field).map(|(_, name)| *name);
        self.check_fields(has, has, |field| name_of(field).map_or(1, |name| self.place_of(name)))?;
        let reader = Reader::Regex { program, turned: turned.then(|| Turned::new(self.pattern.clone())) };
        let required = literal::required(&hir);
        Ok(Pattern { reader, groups, required, warnings: self.word_warnings(&self.pattern) })
    }

    fn place_of(&self, group: &str) -> usize {
        self.pattern.find(group).map_or(1, |at| self.pattern[..at].chars().count() + 1)
    }

    fn check_fields(
        &self,
        some: impl Fn(FieldName) -> bool,
        every: impl Fn(FieldName) -> bool,
        place: impl Fn(FieldName) -> usize,
    ) -> Result<(), (usize, String)> {
        if some(FieldName::Datetime) && (some(FieldName::Date) || some(FieldName::Time)) {
            return Err((
                place(FieldName::Datetime),
                "`datetime` stands beside `date` or `time`; it is both already".to_owned(),
            ));
        }
        if self.direction == Direction::Deposit && !every(FieldName::Amount) {
            let reason = "a deposit needs an `{amount}` that is always there: not only in an optional part";
            return Err((place(FieldName::Amount), reason.to_owned()));
        }
        Ok(())
    }

    fn word_warnings(&self, pattern: &str) -> Vec<String> {
        if self.direction == Direction::Deposit { words::warnings(pattern) } else { Vec::new() }
    }
}

/// What comes out of either language.
struct Pattern {
    reader: Reader,
    groups: Vec<Group>,
    required: Vec<literal::AnyOf>,
    warnings: Vec<String>,
}

/// Digits that were left as text: perhaps an account or a date that was not marked.
fn literal_digits(nodes: &[Node]) -> Vec<String> {
    nodes
        .iter()
        .flat_map(|node| match node {
            Node::Literal(text) => text
                .split(|c: char| !c.is_ascii_digit())
                .filter(|run| !run.is_empty())
                .map(|run| format!("the digits {run} are text: a message with other digits there will not fit"))
                .collect(),
            Node::Optional(inner) => literal_digits(inner),
            Node::Alternatives(branches) => branches.iter().flat_map(|branch| literal_digits(branch)).collect(),
            Node::Space | Node::Field(..) | Node::Skip(..) => Vec::new(),
        })
        .collect()
}

//! What a batch adds to the store, decided before any of it is written.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use entity::sms;

use super::Incoming;
use super::fingerprint::hash_of;
use crate::domain::flags::{Flag, Flags};
use crate::domain::identity::{Assignment, KnownSms, SmsAt};
use crate::domain::sender::{Ask, Sender};
use crate::domain::sms::{Review, SmsState};
use crate::domain::source::SourceRef;
use crate::domain::time::UnixMs;
use crate::pipeline::inbox::{Taken, TakenAs};
use crate::store::StoreError;
use crate::store::sender::sender_of;
use crate::store::sms::{source_bit, word};
use crate::store::sms_change::Stand;

/// What sightings say of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts<'a> {
    pub(super) sender: Sender<'a>,
    /// The whitelist is to be asked about who sent it, beside what has become of it.
    pub(super) ask_sender: bool,
    pub(super) sources: i64,
    pub(super) state: SmsState,
    pub(super) flags: Flags,
}

impl<'a> Facts<'a> {
    /// Adds what a further sighting knows, where its source is trusted: the whitelist asks for nothing but who sent the
    /// message, and people take a second source for a witness. A phone that nobody trusts could vouch for its own text.
    fn join(&mut self, incoming: &Incoming<'a>) {
        if !incoming.trusted {
            return;
        }
        self.sources |= source_bit(incoming.source.kind);
        let heard = incoming.sender();
        if self.state == SmsState::Held {
            self.sender = heard;
            self.state = SmsState::Received;
            return;
        }
        match self.sender.learn(&heard, self.state) {
            Ask::Nothing => {}
            Ask::Again => self.state = SmsState::Received,
            Ask::Beside => self.ask_sender = true,
        }
    }
}

/// A message that is new.
pub(super) struct NewSms<'a> {
    pub(super) id: i64,
    pub(super) line: Option<&'a str>,
    pub(super) text: Option<&'a str>,
    pub(super) fingerprint: [u8; 16],
    pub(super) received_at: UnixMs,
    pub(super) review: Review,
    /// Why it cannot be read.
    pub(super) quarantine: Option<&'a str>,
    pub(super) facts: Facts<'a>,
}

impl<'a> NewSms<'a> {
    fn of(id: i64, incoming: &Incoming<'a>) -> Self {
        let delivery = incoming.delivery;
        let state = if !incoming.trusted {
            SmsState::Held
        } else if delivery.quarantine.is_some() {
            SmsState::Quarantined
        } else {
            SmsState::Received
        };
        Self {
            id,
            line: incoming.line,
            text: delivery.text.as_deref(),
            fingerprint: incoming.fingerprint(),
            received_at: delivery.received_at,
            quarantine: delivery.quarantine.as_deref(),
            // What cannot be read may be a deposit: people must see it.
            review: if state == SmsState::Quarantined { Review::NeedCheck } else { Review::None },
            facts: Facts {
                sender: incoming.sender(),
                ask_sender: false,
                sources: source_bit(incoming.source.kind),
                state,
                flags: if delivery.old_event { Flags::NONE.with(Flag::OldEvent) } else { Flags::NONE },
            },
        }
    }

    /// What is told of it.
    pub(super) fn stand(&self) -> Stand<'_> {
        Stand {
            id: self.id,
            state: self.facts.state.as_str(),
            review: self.review.as_str(),
            order_id: None,
            flags: self.facts.flags,
            version: 1,
        }
    }
}

/// A message that is there, as far as a further sighting may change it or needs to know it.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) id: i64,
    pub(super) hash: crate::domain::identity::Fingerprint,
    pub(super) received_at: UnixMs,
    pub(super) review: String,
    pub(super) order_id: Option<String>,
    pub(super) version: i64,
    pub(super) facts: Facts<'static>,
}

impl Head {
    pub(super) fn of(row: sms::Model) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            hash: hash_of(&row.fingerprint),
            received_at: UnixMs(row.received_at),
            facts: Facts {
                state: word("sms.state", row.id, &row.state)?,
                sender: sender_of(row.sender, row.sender_key, row.provisional_key),
                ask_sender: row.ask_sender,
                sources: row.sources,
                flags: Flags(row.flags),
            },
            review: row.review,
            order_id: row.order_id,
            version: row.version,
        })
    }

    /// As identity sees it, with the sources that have brought it.
    pub(super) fn known(&self, sources: impl IntoIterator<Item = SourceRef>) -> KnownSms {
        KnownSms {
            sms_id: self.id,
            fingerprint: self.hash,
            sender: self.facts.sender.key.clone().into_owned(),
            received_at: self.received_at,
            sources: sources.into_iter().collect(),
        }
    }

    /// What is told of it once it says `facts`, at `version`.
    pub(super) fn stand<'s>(&'s self, facts: &Facts<'_>, version: i64) -> Stand<'s> {
        Stand {
            id: self.id,
            state: facts.state.as_str(),
            review: &self.review,
            order_id: self.order_id.as_deref(),
            flags: facts.flags,
            version,
        }
    }
}

/// The deliveries of a batch, apart: known ones, new ones, and those that stand in the batch twice.
pub(super) struct Sorted {
    taken: Vec<Option<Taken>>,
    /// The places of those that are new.
    pub(super) fresh: Vec<usize>,
    /// The places of those that repeat one before them in the batch, with the place of that one.
    repeats: Vec<(usize, usize)>,
}

impl Sorted {
    /// `known`: for each delivery, the message that its key brought before (INV-I1).
    pub(super) fn of(incoming: &[Incoming<'_>], known: &[Option<i64>]) -> Self {
        let mut sorted = Self { taken: vec![None; incoming.len()], fresh: Vec::new(), repeats: Vec::new() };
        let mut seen: HashMap<(SourceRef, &[u8]), usize> = HashMap::with_capacity(incoming.len());
        for (place, (delivery, known)) in incoming.iter().zip(known).enumerate() {
            if known.is_some() {
                sorted.taken[place] = Some(Taken { sms_id: *known, status: TakenAs::Duplicate });
                continue;
            }
            match seen.entry((delivery.source, delivery.delivery.key.0.as_slice())) {
                std::collections::hash_map::Entry::Occupied(first) => sorted.repeats.push((place, *first.get())),
                std::collections::hash_map::Entry::Vacant(free) => {
                    free.insert(place);
                    sorted.fresh.push(place);
                }
            }
        }
        sorted
    }

    /// The answers, in the order of the batch.
    pub(super) fn answers(mut self) -> Result<Vec<Taken>, StoreError> {
        for (place, first) in self.repeats {
            let sms_id = self.taken[first].as_ref().and_then(|taken| taken.sms_id);
            self.taken[place] = Some(Taken { sms_id, status: TakenAs::Duplicate });
        }
        let taken: Option<Vec<Taken>> = self.taken.into_iter().collect();
        taken.ok_or_else(|| StoreError::corrupt("intake", "a delivery was left without an answer"))
    }
}

/// What is to be written.
pub(super) struct Plan<'a> {
    /// New messages; their ids follow one another.
    pub(super) made: Vec<NewSms<'a>>,
    /// Each new delivery with its message.
    pub(super) sightings: Vec<(i64, Incoming<'a>)>,
    /// Which deliveries join which message that is there.
    joined: BTreeMap<i64, Vec<Incoming<'a>>>,
    /// Messages that are there and turn out to be one of several equal ones.
    twins: BTreeSet<i64>,
}

/// How many of the sightings make a message of their own.
pub(super) fn count_new(assignments: &[Assignment]) -> usize {
    assignments.iter().filter(|assignment| matches!(assignment, Assignment::New { .. })).count()
}

impl<'a> Plan<'a> {
    /// `assignments` stand in the order of `sorted.fresh`; new messages get the ids from `first_id` on.
    pub(super) fn make(
        incoming: &[Incoming<'a>],
        sorted: &mut Sorted,
        assignments: &[Assignment],
        first_id: i64,
    ) -> Self {
        let mut plan = Self {
            made: Vec::with_capacity(count_new(assignments)),
            sightings: Vec::with_capacity(assignments.len()),
            joined: BTreeMap::new(),
            twins: BTreeSet::new(),
        };
        // The message of each fresh delivery.
        let mut ids: Vec<i64> = Vec::with_capacity(assignments.len());
        let mut made_twins: HashSet<i64> = HashSet::new();
        for (place, assignment) in sorted.fresh.iter().zip(assignments) {
            let delivery = incoming[*place];
            let id_of = |of: &SmsAt| match of {
                SmsAt::Known(id) => *id,
                SmsAt::Made(nth) => ids[*nth],
            };
            let sms_id = match assignment {
                Assignment::New { twins } => {
                    let id = first_id + i64::try_from(plan.made.len()).unwrap_or(0);
                    plan.made.push(NewSms::of(id, &delivery));
                    if !twins.is_empty() {
                        made_twins.insert(id);
                        for twin in twins.iter().map(id_of) {
                            if twin >= first_id {
                                made_twins.insert(twin)
                            } else {
                                plan.twins.insert(twin)
                            };
                        }
                    }
                    id
                }
                Assignment::Join(of) => {
                    let id = id_of(of);
                    match made_at(&mut plan.made, first_id, id) {
                        Some(row) => row.facts.join(&delivery),
                        None => plan.joined.entry(id).or_default().push(delivery),
                    }
                    id
                }
            };
            ids.push(sms_id);
            plan.sightings.push((sms_id, delivery));
            let status = if delivery.trusted { TakenAs::Stored } else { TakenAs::Held };
            sorted.taken[*place] = Some(Taken { sms_id: Some(sms_id), status });
        }
        for id in made_twins {
            if let Some(row) = made_at(&mut plan.made, first_id, id) {
                row.facts.flags = row.facts.flags.with(Flag::Twin);
            }
        }
        plan
    }

    /// The messages that are there and may change.
    pub(super) fn touched(&self) -> BTreeSet<i64> {
        self.joined.keys().chain(&self.twins).copied().collect()
    }

    /// What a message that is there says from now on, and why; none where that is what it says already.
    pub(super) fn change(&self, head: &Head) -> Option<(Facts<'a>, Option<String>)> {
        let mut facts: Facts<'a> = head.facts.clone();
        for incoming in self.joined.get(&head.id).into_iter().flatten() {
            facts.join(incoming);
        }
        let mut reason = None;
        if self.twins.contains(&head.id) && !facts.flags.has(Flag::Twin) {
            facts.flags = facts.flags.with(Flag::Twin);
            reason = Some("the same text came again within the hour and stayed a message of its own".to_owned());
        }
        (facts != head.facts).then_some((facts, reason))
    }
}

fn made_at<'r, 'a>(made: &'r mut [NewSms<'a>], first_id: i64, id: i64) -> Option<&'r mut NewSms<'a>> {
    made.get_mut(usize::try_from(id.checked_sub(first_id)?).ok()?)
}

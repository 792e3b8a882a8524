//! Refreshes that are to be told: bursts joined, every id named, the topic that waits longest first. Pure.

use std::collections::BTreeSet;

use serde::Serialize;

use super::change::{Id, Topic};

/// So many ids of a topic are named; beyond that all of it is to be read again, which costs a browser less.
const NAMED_MAX: usize = 50_000;

/// What is to be told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// The one that waits longest first.
    topics: Vec<(Topic, Named)>,
}

/// What of a topic is to be read again.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Named {
    These(BTreeSet<Id>),
    All,
}

/// One refresh. No ids: everything of the topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refresh {
    /// What is to be read again.
    pub topic: Topic,
    /// Which of it.
    pub ids: Vec<Id>,
}

impl Pending {
    /// Whether nothing is to be told.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }

    /// One thing changed.
    pub fn add(&mut self, topic: Topic, id: Id) {
        let named = self.of(topic);
        if let Named::These(ids) = named {
            ids.insert(id);
            if ids.len() > NAMED_MAX {
                *named = Named::All;
            }
        }
    }

    /// Anything of a topic may have changed.
    pub fn add_all(&mut self, topic: Topic) {
        *self.of(topic) = Named::All;
    }

    fn of(&mut self, topic: Topic) -> &mut Named {
        let at = self.topics.iter().position(|(of, _)| *of == topic).unwrap_or_else(|| {
            self.topics.push((topic, Named::These(BTreeSet::new())));
            self.topics.len() - 1
        });
        &mut self.topics[at].1
    }

    /// Takes what is to be told next.
    pub fn take(&mut self) -> Option<Refresh> {
        if self.topics.is_empty() {
            return None;
        }
        let (topic, named) = self.topics.remove(0);
        let ids = match named {
            Named::These(ids) => ids.into_iter().collect(),
            Named::All => Vec::new(),
        };
        Some(Refresh { topic, ids })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(refresh: &Refresh) -> String {
        serde_json::to_string(refresh).unwrap()
    }

    #[test]
    fn bursts_are_joined_and_the_longest_wait_comes_first() {
        let mut pending = Pending::default();
        for id in [3, 1, 3] {
            pending.add(Topic::Sms, id.into());
        }
        pending.add(Topic::Order, "R-2".to_owned().into());
        pending.add(Topic::Sms, 2.into());
        assert_eq!(written(&pending.take().unwrap()), r#"{"topic":"sms","ids":[1,2,3]}"#);
        pending.add(Topic::Sms, 9.into());
        assert_eq!(written(&pending.take().unwrap()), r#"{"topic":"order","ids":["R-2"]}"#);
        assert_eq!(written(&pending.take().unwrap()), r#"{"topic":"sms","ids":[9]}"#);
        assert_eq!((pending.take(), pending.is_empty()), (None, true));
    }

    #[test]
    fn everything_is_told_once_without_ids() {
        let mut pending = Pending::default();
        pending.add(Topic::Phone, 1.into());
        pending.add_all(Topic::Phone);
        pending.add(Topic::Phone, 2.into());
        assert_eq!(written(&pending.take().unwrap()), r#"{"topic":"phone","ids":[]}"#);
        assert!(pending.is_empty());
        for id in 0..=50_000 {
            pending.add(Topic::Sms, id.into());
        }
        assert_eq!(written(&pending.take().unwrap()), r#"{"topic":"sms","ids":[]}"#);
    }

    proptest! {
        /// However changes and refreshes alternate, every change is named by a refresh after it.
        #[test]
        fn every_change_is_named(steps in prop::collection::vec((0..6_usize, 0..20_i64, any::<bool>()), 0..200)) {
            let mut pending = Pending::default();
            let mut untold = BTreeSet::new();
            for (topic, id, take) in steps {
                let topic = Topic::ALL[topic];
                pending.add(topic, id.into());
                untold.insert((topic, Id::from(id)));
                if take && let Some(refresh) = pending.take() {
                    for id in refresh.ids {
                        untold.remove(&(refresh.topic, id));
                    }
                }
            }
            while let Some(refresh) = pending.take() {
                for id in refresh.ids {
                    untold.remove(&(refresh.topic, id));
                }
            }
            prop_assert!(untold.is_empty());
        }
    }
}

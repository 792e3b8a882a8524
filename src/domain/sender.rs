//! Who sent a message, as far as its sightings say: the number, or only a name that stands in for it.
//!
//! A number (or the alphanumeric sender that a bank's SMS carries) is *known*. A contact's name of the phone, or the title
//! of the channel into which a forwarder writes no number, is *provisional*: it says how the message came and not who sent
//! it. Such a message joins one whose sender is known, and takes that sender (INV-I5).

use std::borrow::Cow;

use super::phone::comparable_sender;
use super::sms::SmsState;

/// What is known of who sent a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sender<'a> {
    /// As it is shown: the number, else the provisional name.
    pub shown: Cow<'a, str>,
    /// The number in comparable form; empty while none is known.
    pub key: Cow<'a, str>,
    /// The provisional name in comparable form; stays when the number comes. Empty where no source gave one.
    pub provisional_key: Cow<'a, str>,
}

/// What a further name of a message means for what the whitelist said of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Nothing.
    Nothing,
    /// It was refused for want of this name: it goes back to the whitelist.
    Again,
    /// It was taken in by its provisional name, and who sent it is known only now: the whitelist is asked beside whatever has
    /// become of it.
    Beside,
}

impl<'a> Sender<'a> {
    /// The sender that a delivery names: `shown` as its source wrote it.
    #[must_use]
    pub fn of(shown: &'a str, is_provisional: bool) -> Sender<'a> {
        let key = comparable_sender(shown);
        let (key, provisional_key) = if is_provisional { (String::new(), key) } else { (key, String::new()) };
        Sender { shown: shown.into(), key: key.into(), provisional_key: provisional_key.into() }
    }

    /// Takes in what a further sighting says, of a message in `state`.
    pub fn learn(&mut self, heard: &Self, state: SmsState) -> Ask {
        let is_number_news = self.key.is_empty() && !heard.key.is_empty();
        // Of several provisional names the first stays, unless it was refused: the next may be the one that is listed.
        let is_name_news = !heard.provisional_key.is_empty()
            && heard.provisional_key != self.provisional_key
            && (self.provisional_key.is_empty() || state == SmsState::Rejected);
        if is_number_news {
            self.shown = heard.shown.clone();
            self.key = heard.key.clone();
        }
        if is_name_news {
            self.provisional_key = heard.provisional_key.clone();
            if self.key.is_empty() {
                self.shown = heard.shown.clone();
            }
        }
        match state {
            SmsState::Rejected if is_number_news || is_name_news => Ask::Again,
            // Nothing has been asked yet; or people must decide first, and it is asked after that.
            SmsState::Received | SmsState::Held | SmsState::Rejected | SmsState::Quarantined => Ask::Nothing,
            _ if is_number_news => Ask::Beside,
            _ => Ask::Nothing,
        }
    }
}

/// The sender that a message is read by: the number, else the provisional name.
#[must_use]
pub fn best_key<'k>(key: &'k str, provisional_key: &'k str) -> &'k str {
    if key.is_empty() { provisional_key } else { key }
}

/// What the whitelist says of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Who sent it is on the list, or its provisional name is while no number is known.
    Yes,
    /// Its provisional name is on the list, but the number that sent it is not: it is taken in, for people to decide.
    ByNameOnly,
    /// No.
    No,
}

/// What the whitelist says of a message with these names.
///
/// The number decides where it is known. A listed name beside a number that is not keeps the message from being lost
/// unseen, and not more: nobody said that this number may be believed.
#[must_use]
pub fn listed(key: &str, provisional_key: &str, is_listed: impl Fn(&str) -> bool) -> Listed {
    let by_name = !provisional_key.is_empty() && is_listed(provisional_key);
    match (key.is_empty(), by_name) {
        (false, _) if is_listed(key) => Listed::Yes,
        (false, true) => Listed::ByNameOnly,
        (true, true) => Listed::Yes,
        _ => Listed::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(shown: &str, is_provisional: bool) -> Sender<'_> {
        Sender::of(shown, is_provisional)
    }

    #[test]
    fn a_number_replaces_a_name_and_a_name_no_number() {
        for name_first in [true, false] {
            let mut both = [told("KB 알림", true), told("1588-1688", false)];
            if !name_first {
                both.reverse();
            }
            let [mut sender, later] = both;
            assert_eq!(sender.learn(&later, SmsState::Received), Ask::Nothing);
            let expected =
                Sender { shown: "1588-1688".into(), key: "15881688".into(), provisional_key: "kb알림".into() };
            assert_eq!(sender, expected, "{name_first}");
        }
        let mut unknown = told("", false);
        unknown.learn(&told("KB 알림", true), SmsState::Received);
        assert_eq!(unknown, told("KB 알림", true), "a name is more than nothing");
    }

    #[test]
    fn the_whitelist_is_asked_again_where_a_name_could_change_its_answer() {
        let ask = |mut known: Sender<'static>, heard, state| known.learn(&heard, state);
        let (name, number) = (|| told("KB 알림", true), || told("15881688", false));
        assert_eq!(ask(name(), number(), SmsState::Rejected), Ask::Again);
        assert_eq!(ask(number(), name(), SmsState::Rejected), Ask::Again);
        assert_eq!(ask(name(), told("다른 방", true), SmsState::Rejected), Ask::Again);
        for state in [SmsState::Accepted, SmsState::Unmatched, SmsState::Matched, SmsState::Settled] {
            assert_eq!(ask(name(), number(), state), Ask::Beside, "{state}");
            assert_eq!(ask(number(), name(), state), Ask::Nothing, "{state}: the number is listed already");
        }
        for state in [SmsState::Rejected, SmsState::Matched] {
            assert_eq!(ask(number(), number(), state), Ask::Nothing);
            assert_eq!(ask(name(), name(), state), Ask::Nothing);
        }
    }

    #[test]
    fn the_number_decides_and_a_listed_name_alone_leaves_it_to_people() {
        let list = |list: &'static [&'static str]| move |key: &str| list.contains(&key);
        assert_eq!(listed("15881688", "", list(&["15881688"])), Listed::Yes);
        assert_eq!(listed("15881688", "kb", list(&["15881688"])), Listed::Yes);
        assert_eq!(listed("15881688", "kb", list(&["kb"])), Listed::ByNameOnly);
        assert_eq!(listed("", "kb", list(&["kb"])), Listed::Yes);
        for unlisted in [("", ""), ("", "kb"), ("15881688", ""), ("15881688", "kb")] {
            assert_eq!(listed(unlisted.0, unlisted.1, list(&["", "x"])), Listed::No, "{unlisted:?}");
        }
    }
}

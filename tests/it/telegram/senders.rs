//! A channel's title stands in for the sender until somebody names the number (INV-I5), and what the whitelist says then.

use serde_json::{Value, json};

use super::{Story, story};
use crate::support::phone::Phone;
use crate::support::texts::{BANK, deposit, deposit_template, order};

const TITLE: &str = "KB 알림";
/// Nobody whitelists it at first.
const STRANGER: &str = "1577-9999";

/// A shop that reads what comes from anybody on its whitelist, with an order that the deposit pays.
async fn opens(story: &Story<'_>) -> Phone {
    let mut any = deposit_template();
    any["name"] = json!("any sender");
    any["senders"] = json!(["*"]);
    story.app.add_template(&any).await;
    story.app.put_orders(&[order("R-1", "홍길동", 50_000)]).await;
    story.add().await;
    story.app.phone_on("counter-1", "line-1").await
}

/// The SMS alone, as a forwarder posts it that writes no sender.
async fn posts(story: &Story<'_>) {
    story.sim.post(story.channel, &deposit("홍길동", 50_000));
    story.all_confirmed().await;
    story.app.settle().await;
}

async fn phone_tells(story: &Story<'_>, phone: &Phone, sender: &str) {
    let mut message = Phone::message(&phone.next_id(), &deposit("홍길동", 50_000));
    message["sender"] = json!(sender);
    phone.sends_as(&message, "stored").await;
    story.app.settle().await;
}

/// The one message that there is.
async fn one(story: &Story<'_>) -> Value {
    let all = story.app.list("").await;
    assert_eq!(all.len(), 1, "one sms, not two twins: {all:?}");
    story.app.sms(all[0].id).await.all
}

fn stands(sms: &Value) -> (&str, &str, &str, Vec<&str>) {
    let text = |name: &str| sms[name].as_str().unwrap();
    let flags = sms["flags"].as_array().unwrap().iter().map(|flag| flag.as_str().unwrap()).collect();
    (text("sender"), text("state"), text("review"), flags)
}

#[test]
fn a_title_gives_way_to_the_number_and_the_whitelist_is_asked_again() {
    story(async |story| {
        let phone = opens(story).await;
        posts(story).await;
        assert_eq!(stands(&one(story).await), (TITLE, "rejected", "none", vec![]), "shown by its channel's name");
        phone_tells(story, &phone, BANK).await;
        let sms = one(story).await;
        assert_eq!(stands(&sms), (BANK, "matched", "none", vec![]));
        assert_eq!((&sms["sources"], &sms["order_id"]), (&json!(["telegram", "shooter"]), &json!("R-1")));
        for sender in [TITLE, BANK] {
            assert_eq!(story.app.list(&format!("sender={sender}")).await.len(), 1, "found by {sender}");
        }
    });
}

#[test]
fn a_title_takes_nothing_from_a_number_that_is_known() {
    story(async |story| {
        let phone = opens(story).await;
        phone_tells(story, &phone, BANK).await;
        posts(story).await;
        let sms = one(story).await;
        assert_eq!(stands(&sms), (BANK, "matched", "none", vec![]));
        assert_eq!(sms["sources"], json!(["telegram", "shooter"]));
    });
}

#[test]
fn a_listed_title_lets_in_what_names_no_number() {
    story(async |story| {
        let phone = opens(story).await;
        posts(story).await;
        story.app.add_phone(TITLE).await;
        story.app.settle().await;
        assert_eq!(stands(&one(story).await), (TITLE, "matched", "none", vec![]), "rejected before, and read again");
        phone_tells(story, &phone, BANK).await;
        assert_eq!(stands(&one(story).await), (BANK, "matched", "none", vec![]), "the number is listed, too");
    });
}

/// Not lost, since the channel is believed; not credited, since nobody said that this number may be.
#[test]
fn a_listed_title_beside_a_number_that_is_not_leaves_it_to_people_in_either_order() {
    for title_first in [true, false] {
        story(async |story| {
            let phone = opens(story).await;
            story.app.add_phone(TITLE).await;
            if title_first {
                posts(story).await;
                assert_eq!(one(story).await["state"], "matched");
                phone_tells(story, &phone, STRANGER).await;
            } else {
                phone_tells(story, &phone, STRANGER).await;
                assert_eq!(one(story).await["state"], "rejected");
                posts(story).await;
            }
            let sms = one(story).await;
            assert_eq!(stands(&sms), (STRANGER, "unmatched", "need_check", vec!["unlisted_sender"]), "{title_first}");
            assert_eq!(story.app.order("R-1").await["match"], Value::Null, "the order is free");
            story.app.add_phone(STRANGER).await;
            story.app.settle().await;
            assert_eq!(stands(&one(story).await), (STRANGER, "matched", "none", vec![]), "{title_first}");
        });
    }
}

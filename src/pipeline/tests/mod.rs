//! Reliability row 25: whatever devices, people, the wallet and the stages do, and in whatever order, no message goes where its
//! state does not lead.
//!
//! A case is a sequence of operations on the messages of one bank. Many cases share a store and its stages, in lockstep: each
//! does its next operation, then the stages run, the last one first, so that every message rests in every state on its way and
//! operations meet it there. `RECON_TEST_CASES` sets how many there are, `RECON_TEST_SEED` which.

mod model;
mod story;
mod world;

use std::collections::BTreeMap;

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use self::story::{Story, TOGETHER, any_stories};
use self::world::World;
use crate::domain::sms::SmsState;

/// Cases of a seed that are enough to come by every transition.
const ENOUGH: u32 = 2_000;

/// Plays these stories and holds the model against what the store then says.
async fn play(stories: &[Story], seen: &mut BTreeMap<(SmsState, SmsState), u64>) {
    let mut world = World::new(stories).await;
    let steps = stories.iter().map(|story| story.ops.len()).max().unwrap_or_default();
    for step in 0..steps {
        for (nth, story) in stories.iter().enumerate() {
            if let Some(op) = story.ops.get(step) {
                world.does(nth, op).await;
            }
        }
        world.stages().await;
        world.hold_orders().await;
    }
    // What is on its way comes to rest.
    for _ in 0..4 {
        world.stages().await;
    }
    world.hold_orders().await;
    for (sms, history) in world.histories().await {
        for edge in model::hold(&sms, &history) {
            *seen.entry(edge).or_default() += 1;
        }
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|number| number.parse().unwrap())
}

#[test]
fn no_message_goes_where_its_state_does_not_lead() {
    let cases = number("RECON_TEST_CASES").map_or(ENOUGH, |cases| cases.try_into().unwrap());
    // One seed unless another is asked for, so that what is come by does not depend on chance.
    let seed = number("RECON_TEST_SEED").unwrap_or(1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let config = Config {
        cases: u32::div_ceil(cases, TOGETHER),
        failure_persistence: None,
        max_shrink_time: 3_000,
        ..Config::default()
    };
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let seen = std::cell::RefCell::new(BTreeMap::<_, u64>::new());
    let done = TestRunner::new_with_rng(config, rng).run(&any_stories(), |stories| {
        let mut these = BTreeMap::new();
        runtime.block_on(play(&stories, &mut these));
        for (edge, times) in these {
            *seen.borrow_mut().entry(edge).or_default() += times;
        }
        Ok(())
    });
    if let Err(failure) = done {
        panic!("seed {seed}: {failure}");
    }
    println!("{cases} cases of seed {seed}: {:?}", seen.borrow());
    let missing: Vec<_> = model::expected().filter(|edge| !seen.borrow().contains_key(edge)).collect();
    assert!(
        missing.is_empty() || cases < ENOUGH,
        "the sequences never led there, so that nothing was held of it: {missing:?}"
    );
}

/// The table in the domain is the one of the model, which names who may do it, and no other.
#[test]
fn the_table_of_transitions_is_that_of_the_model() {
    let by_anyone = model::all();
    for from in model::STATES {
        for to in model::STATES {
            let expected = from == to || by_anyone.contains(&(from, to));
            assert_eq!(from.may_become(to), expected, "{from} to {to}");
        }
    }
}

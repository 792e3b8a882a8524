//! Serves the simulator of the Bot API until its standard input ends, for clients of others to be held against it
//! (`tests/peers/telegram`) and for trying recon out by hand. The first line of its output says where it is.
//!
//! Two bots share a channel: `1001:reader` reads, `1002:phone` posts.

use std::io::Read as _;

use recon::clock::Clock;
use recon::sim::telegram::TelegramSim;

fn main() -> anyhow::Result<()> {
    let sim = TelegramSim::start(Clock::system(), 7)?;
    let channel = sim.add_channel("KB 알림");
    for token in ["1001:reader", "1002:phone"] {
        sim.add_bot(token);
        sim.join(token, channel);
    }
    println!("{}", serde_json::json!({"url": sim.url(), "channel": channel}));
    // Whoever started it keeps the pipe open for as long as it is needed.
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

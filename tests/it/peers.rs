//! Our simulators against clients that others wrote. Run by `tests/peers/*`, which install them.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use recon::sim::pushbullet::{Simulator, Sms};

#[test]
#[ignore = "needs Python packages: run tests/peers/pushbullet"]
fn clients_of_others_understand_our_pushbullet() {
    let python = std::env::var("RECON_PEER_PYTHON").unwrap_or_else(|_| panic!("run tests/peers/pushbullet"));
    let sim = Simulator::start().unwrap();
    sim.quirks(|quirks| quirks.nop_every = Duration::from_millis(200));
    let (token, phone, password) = ("o.token-of-the-shop", "ujzShopPhone", "hunter2");
    sim.add_phone(token, "ujShop", phone, Some(password));
    let mut client = Command::new(python)
        .arg("tests/peers/pushbullet_clients.py")
        .args([&sim.api_url(), &sim.stream_url(), token, phone, password])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(client.stdout.take().unwrap()).lines();
    assert_eq!(said.next().unwrap().unwrap(), "listening");
    let deadline = std::time::Duration::from_secs(20);
    let began = tokio::time::Instant::now();
    while sim.open_streams() == 0 {
        assert!(began.elapsed() < deadline, "it opens no stream");
        std::thread::yield_now();
    }
    let sms = Sms { sender: "15881688".to_owned(), body: "입금 50,000원 홍길동".to_owned(), at_s: 1_776_817_800 };
    sim.receives(phone, &sms);
    assert_eq!(said.next().unwrap().unwrap(), "understood");
    assert!(client.wait().unwrap().success());
}

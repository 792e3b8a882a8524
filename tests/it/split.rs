//! Service and worker as processes of their own over PostgreSQL and Redis: rows are the truth, Redis only wakes
//! (ADR-004; reliability 15).

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::app::Shared;
use crate::support::events::Listener;
use crate::support::proxy::Cable;
use crate::support::texts::{deposit, order};
use crate::support::{Phone, TestApp};

/// Where nobody listens: Redis is away.
const NOWHERE: &str = "redis://127.0.0.1:1";
/// Work is found without Redis within this time, and some for the work itself.
const FOUND_WITHIN: Duration = Duration::from_secs(6);

/// A service and some workers of one daemon.
struct Fleet {
    service: TestApp,
    workers: Vec<TestApp>,
}

impl Fleet {
    async fn start(redis: &str, workers: usize) -> Self {
        Self::start_with(redis, workers, &[]).await
    }

    async fn start_with(redis: &str, workers: usize, more: &[(&str, &str)]) -> Self {
        // Nothing is found by looking before 5 s are over, whatever the sweeps are set to.
        let mut values = vec![("redis.url", redis), ("pipeline.sweep_interval", "1m")];
        values.extend(more);
        let shared = Shared::create();
        let service = TestApp::start_beside(&shared, "service", &values).await;
        let mut fleet = Self { service, workers: Vec::new() };
        for _ in 0..workers {
            fleet.workers.push(TestApp::start_beside(&shared, "worker", &values).await);
        }
        fleet.service.opens_the_shop().await;
        fleet.service.until("every process is seen", async || fleet.processes().await.len() == workers + 1).await;
        fleet
    }

    async fn actors(&self) -> Vec<Value> {
        let list = self.service.get("/internal/v2/actors").await.expect(200);
        list["items"].as_array().unwrap().clone()
    }

    /// The names of the processes that the service lists, its own first.
    async fn processes(&self) -> Vec<String> {
        let mut names = Vec::new();
        for actor in self.actors().await {
            let name = actor["process"].as_str().unwrap().to_owned();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    async fn actor_in(&self, process: &str, id: &str) -> Value {
        let actors = self.actors().await;
        let found = actors.into_iter().find(|actor| actor["process"] == process && actor["id"] == id);
        found.unwrap_or_else(|| panic!("no actor {id} in {process}"))
    }

    /// Waits until the service lists this generation or a later one.
    async fn until_generation(&self, process: &str, id: &str, generation: u64) {
        let state = format!("{id} in {process} has generation {generation}");
        self.service
            .until(&state, async || self.actor_in(process, id).await["generation"].as_u64().unwrap() >= generation)
            .await;
    }

    async fn stops(self) {
        for worker in self.workers {
            worker.stops().await;
        }
        self.service.stops().await;
    }
}

/// Tells a story where there are a PostgreSQL and a Redis; says so where not.
fn story(tell: impl AsyncFn(&str)) {
    let given = |name: &str| std::env::var(name).ok().filter(|url| !url.is_empty());
    let (Some(_), Some(redis)) = (given("RECON_TEST_POSTGRES_URL"), given("RECON_TEST_REDIS_URL")) else {
        eprintln!("SKIPPED: RECON_TEST_POSTGRES_URL and RECON_TEST_REDIS_URL are not both set");
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(tell(&redis));
}

/// Sends deposits one after the other, each once the one before is matched, and answers how long that took.
async fn matched_one_by_one(service: &TestApp, phone: &Phone, first: u64, count: u64) -> Duration {
    let started = Instant::now();
    for number in first..first + count {
        let order_id = format!("R-{number}");
        service.put_orders(&[order(&order_id, "홍길동", 10_000 + number)]).await;
        let id = phone.sends(&deposit("홍길동", 10_000 + number)).await;
        service.until("it is matched", async || service.sms(id).await.state == "matched").await;
        assert_eq!(service.sms(id).await.decided(), ("matched", "none", Some(order_id.as_str())));
    }
    started.elapsed()
}

#[test]
fn a_worker_matches_what_a_service_takes_and_the_service_tells_of_it() {
    story(async |redis| {
        let fleet = Fleet::start(redis, 1).await;
        let phone = fleet.service.phone("counter-1").await;
        let mut listener = Listener::start(&fleet.service, None).await;
        let took = matched_one_by_one(&fleet.service, &phone, 1, 5).await;
        assert!(took < Duration::from_secs(4), "found by looking, not by being woken: {took:?} for five");
        listener.hears(|event| event.kind == "sms.updated" && event.data["state"] == "matched").await;
        let health = fleet.service.get("/healthz").await.expect(200);
        let loops = health["loops"].as_array().unwrap();
        assert!(loops.iter().any(|one| one["id"] == "order_matcher"), "the worker's loops count: {health}");
        assert!(
            health["checks"].as_array().unwrap().iter().any(|check| check["name"] == "worker" && check["ok"] == true)
        );
        fleet.stops().await;
    });
}

#[test]
fn actors_of_every_process_are_listed_and_obey() {
    story(async |redis| {
        let fleet = Fleet::start(redis, 1).await;
        let processes = fleet.processes().await;
        let (service, worker) = (processes[0].as_str(), processes[1].as_str());
        let act = async |id: &str, control: &str, body: Value| {
            fleet.service.post(&format!("/internal/v2/actors/{id}/{control}"), &body).await
        };

        let before = fleet.actor_in(worker, "order_matcher").await["generation"].as_u64().unwrap();
        let answer = act("order_matcher", "restart", json!({"reason": "it looked stuck"})).await.expect(202);
        let processes = json!([{"process": worker, "generation": before + 1}]);
        assert_eq!(answer, json!({"id": "order_matcher", "generation": before + 1, "processes": processes}));
        fleet.until_generation(worker, "order_matcher", before + 1).await;

        // In both processes, and in one of them.
        let both = act("order_book", "restart", json!({})).await.expect(202);
        assert_eq!(both["processes"].as_array().unwrap().len(), 2, "{both}");
        let one = act("order_book", "restart", json!({"process": worker})).await.expect(202);
        assert_eq!(one["processes"].as_array().unwrap().len(), 1, "{one}");
        assert_eq!(one["processes"][0]["process"], worker);

        // Those that carry it out, too.
        for id in ["control_listener", "process_registry", "supervisor", "audit_log", "wake_listener"] {
            for process in [service, worker] {
                let before = fleet.actor_in(process, id).await["generation"].as_u64().unwrap();
                let answer = act(id, "restart", json!({"process": process})).await.expect(202);
                assert!(answer["generation"].as_u64().unwrap() > before, "{id} in {process}: {answer}");
                fleet.until_generation(process, id, before + 1).await;
            }
        }

        act("compensator", "stop", json!({})).await.expect(202);
        fleet
            .service
            .until("it is stopped", async || fleet.actor_in(worker, "compensator").await["state"] == "stopped")
            .await;
        assert_eq!(fleet.service.get("/healthz").await.expect(200)["status"], "degraded");
        act("compensator", "start", json!({})).await.expect(202);
        fleet
            .service
            .until("it runs", async || fleet.actor_in(worker, "compensator").await["state"] == "running")
            .await;

        act("order_matcher", "restart", json!({"process": service})).await.expect_problem(404);
        act("nobody", "restart", json!({})).await.expect_problem(404);
        let audit = fleet.service.get("/internal/v2/audit?subject=actor/compensator").await.expect(200);
        let actions: Vec<&str> =
            audit["items"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
        assert_eq!(actions, ["actor.started", "actor.start", "actor.stopped", "actor.stop"]);
        fleet.stops().await;
    });
}

#[test]
fn a_worker_that_ends_in_good_order_is_listed_no_longer() {
    story(async |redis| {
        let mut fleet = Fleet::start(redis, 2).await;
        fleet.workers.pop().unwrap().stops().await;
        fleet.service.until("one worker is left", async || fleet.processes().await.len() == 2).await;
        assert_eq!(fleet.service.top_info().await["loops_stale_cnt"], 0);
        fleet.stops().await;
    });
}

#[test]
fn without_redis_work_is_found_within_five_seconds_and_actors_obey() {
    story(async |_| {
        let fleet = Fleet::start(NOWHERE, 1).await;
        let phone = fleet.service.phone("counter-1").await;
        let took = matched_one_by_one(&fleet.service, &phone, 1, 1).await;
        assert!(took < FOUND_WITHIN, "{took:?}");
        let asked = Instant::now();
        let answer = fleet.service.post("/internal/v2/actors/template_parser/restart", &json!({})).await;
        assert_eq!(answer.expect(202)["generation"], 2);
        assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
        fleet.stops().await;
    });
}

#[test]
fn a_redis_that_goes_and_comes_back_costs_time_and_no_message() {
    story(async |redis| {
        let (rest, server) = redis.trim_end_matches('/').rsplit_once('@').unwrap_or(("redis://", redis));
        let server = server.trim_start_matches("redis://").trim_end_matches('/');
        let cable = Cable::to(server);
        let at = if rest.ends_with("//") { "" } else { "@" };
        let fleet = Fleet::start(&format!("{rest}{at}{}", cable.address), 1).await;
        let phone = fleet.service.phone("counter-1").await;
        cable.cut();
        let took = matched_one_by_one(&fleet.service, &phone, 1, 1).await;
        assert!(took < FOUND_WITHIN, "{took:?}");
        cable.join();
        // Both ends are back within some seconds; then five take less than one look.
        let mut first = 100;
        let back = Instant::now() + Duration::from_secs(20);
        while matched_one_by_one(&fleet.service, &phone, first, 3).await > Duration::from_secs(2) {
            assert!(Instant::now() < back, "nobody is woken any more");
            first += 10;
        }
        fleet.stops().await;
    });
}

#[test]
fn two_workers_share_the_work_and_do_nothing_twice() {
    story(async |redis| {
        let fleet = Fleet::start(redis, 2).await;
        let phone = fleet.service.phone("counter-1").await;
        let orders: Vec<Value> =
            (0..200).map(|number| order(&format!("R-{number}"), "홍길동", 20_000 + number)).collect();
        fleet.service.put_orders(&orders).await;
        // All at once, so that both workers reach for the same rows.
        let messages: Vec<Value> =
            (0..200).map(|number| Phone::message(&phone.next_id(), &deposit("홍길동", 20_000 + number))).collect();
        let taken = phone.posts(&json!({"messages": messages})).await.expect(200);
        fleet.service.settle().await;
        let results = taken["results"].as_array().unwrap();
        assert_eq!(results.len(), 200);
        for (number, result) in results.iter().enumerate() {
            let id = result["sms_id"].as_i64().unwrap();
            let sms = fleet.service.sms(id).await;
            assert_eq!(sms.decided(), ("matched", "none", Some(format!("R-{number}").as_str())), "{}", sms.all);
            let history = sms.all["history"].as_array().unwrap();
            let steps: Vec<&str> = history.iter().map(|step| step["to"].as_str().unwrap()).collect();
            assert_eq!(steps, ["accepted", "parsed", "matched"], "each step once");
        }
        fleet.stops().await;
    });
}

/// ADR-007; that a dead owner's source is taken over within 20 s the roster's own tests say.
#[test]
fn a_source_runs_in_one_worker_and_moves_when_that_one_ends() {
    use crate::support::pushbullet::{DEVICES, PHONE, TOKEN, USER, sms};

    story(async |redis| {
        let sim = recon::sim::pushbullet::Simulator::start().unwrap();
        sim.add_phone(TOKEN, USER, PHONE, None);
        let (api_url, stream_url) = (sim.api_url(), sim.stream_url());
        let values = [("pushbullet.api_url", api_url.as_str()), ("pushbullet.stream_url", stream_url.as_str())];
        let mut fleet = Fleet::start_with(redis, 2, &values).await;
        let service = &fleet.service;
        let device = json!({"name": "shop phone", "access_token": TOKEN, "device_iden": PHONE, "line": "line-1"});
        let id = service.post(DEVICES, &device).await.expect(201)["id"].as_i64().unwrap();
        let listener = format!("pushbullet-listener/{id}");
        service.until("it listens", async || sim.open_streams() == 1).await;
        service.put_orders(&[order("R-1", "홍길동", 50_000)]).await;
        sim.receives(PHONE, &sms(&deposit("홍길동", 50_000), 1));
        service.until("it is matched", async || service.list("state=matched").await.len() == 1).await;
        let holders = async |fleet: &Fleet| {
            let actors = fleet.actors().await;
            let holds = |actor: &&Value| actor["id"] == listener.as_str();
            actors.iter().filter(holds).map(|actor| actor["process"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        service.until("the service knows where", async || holders(&fleet).await.len() == 1).await;
        let holder = holders(&fleet).await.remove(0);
        let place =
            fleet.workers.iter().position(|worker| holder.ends_with(worker.api.base().rsplit(':').next().unwrap()));
        let gone = fleet.workers.remove(place.unwrap());
        gone.stops().await;
        let service = &fleet.service;
        service
            .until("the other listens", async || sim.open_streams() == 1 && holders(&fleet).await != [holder.clone()])
            .await;
        sim.receives(PHONE, &sms(&deposit("김철수", 70_000), 2));
        service.until("it goes on", async || service.list("").await.len() == 2).await;
        fleet.stops().await;
    });
}

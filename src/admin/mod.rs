//! The admin edge: what old back-office programs and the console call, with operators, sessions and rights of its own.
//!
//! It keeps its operators in its own database and reaches recon and the wallet by HTTP alone, as from another machine.
//! `console` is the page for people, `live` what their browsers are told as it happens, `approval` has the wallet credit, by intents. `client` asks those two, `frozen` puts their answers into old words. `session`, `token`, `permission` and `password` decide and know no storage; `store` speaks to the database and to Redis;
//! `session_desk` is the actor between; `http` holds the routes, of which each goes through one helper (`http::compat`).
//! It may use `domain`, `database`, `supervision`, `config` and the generic parts of `http`; `app` and `cli` use it.

pub mod approval;
pub mod audit_log;
pub mod client;
pub mod console;
pub mod frozen;
pub mod http;
pub mod live;
pub mod password;
pub mod peer_health;
pub mod permission;
pub mod session;
pub mod session_desk;
pub mod store;
pub mod token;
pub mod top_info;

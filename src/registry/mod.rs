//! The actors that own operators' data: phones, devices, templates, orders, the review of messages, counters, the audit
//! and the event feed. HTTP asks them; they ask the store. Each file holds one actor and its messages; `actor_control` is no actor,
//! since it restarts them.

pub mod actor_control;
pub mod audit_log;
pub mod device_book;
pub mod device_registry;
pub mod event_feed;
mod fields;
pub mod order_book;
pub mod phone_whitelist;
pub mod pushbullet_registry;
pub mod review_desk;
pub mod telegram_bots;
pub mod template_book;
pub mod top_info;

//! Takes what operators ask of this process's actors through another process, and does it.

use std::time::Duration;

use entity::control_request::Model;
use futures_util::FutureExt as _;

use super::{CONTROL_LISTENER, PROCESS_REGISTRY};
use crate::contract::system::Control;
use crate::store::Store;
use crate::supervision::{Child, Context, Supervision, UnknownActor};

/// How often requests are looked for without being told.
const PERIOD: Duration = Duration::from_secs(1);

/// Without these a process could not be asked from elsewhere to start them again: asked to stop, they are restarted. The
/// supervisor looks after itself.
const NEVER_STOPPED: [&str; 2] = [CONTROL_LISTENER, PROCESS_REGISTRY];

/// Restarts, stops or starts an actor of this process, and gives its generation.
///
/// # Errors
/// No such actor, or the process is ending.
pub async fn carry_out(
    supervision: &Supervision,
    id: &str,
    control: Control,
    reason: &str,
) -> Result<u64, UnknownActor> {
    match control {
        Control::Stop if !NEVER_STOPPED.contains(&id) => supervision.stop(id, reason).await,
        Control::Restart | Control::Stop => supervision.restart(id, reason).await,
        Control::Start => supervision.start_again(id, reason).await,
    }
}

/// The actor.
#[derive(Debug)]
pub struct ControlListener {
    store: Store,
    supervision: Supervision,
    process: String,
}

impl ControlListener {
    /// The listener of `process`.
    #[must_use]
    pub fn new(store: Store, supervision: Supervision, process: &str) -> Self {
        Self { store, supervision, process: process.to_owned() }
    }

    /// Finishes what an instance before this one took: every request can be carried out twice, but its own restart, which
    /// this instance is.
    async fn resume(&self, cx: &Context<Self>) -> anyhow::Result<()> {
        for request in self.store.interrupted_control(&self.process).await? {
            if request.actor_id == CONTROL_LISTENER {
                self.store.finish_control(request.id, Some(cx.generation())).await?;
            } else {
                self.begin(request, cx);
            }
        }
        Ok(())
    }

    fn begin(&self, request: Model, cx: &Context<Self>) {
        let (store, supervision) = (self.store.clone(), self.supervision.clone());
        let Ok(control) = request.control.parse::<Control>() else {
            tracing::error!(control.id = request.id, "a control of an actor has no known name and is left");
            return;
        };
        if request.actor_id == CONTROL_LISTENER && control != Control::Start {
            // The first poll leaves the request with the supervisor. This instance would wait for its own end: the next
            // one says that it is done.
            drop(carry_out(&supervision, &request.actor_id, control, &request.reason).now_or_never());
            return;
        }
        // Beside: while one actor is slow to obey, others wait.
        cx.detach(async move {
            let done = carry_out(&supervision, &request.actor_id, control, &request.reason).await;
            if let Err(error) = store.finish_control(request.id, done.ok()).await {
                tracing::error!(%error, actor.id = request.actor_id, "the outcome of an operator's control could not be told");
            }
        });
    }

    async fn round(&self, cx: &Context<Self>) -> anyhow::Result<()> {
        for request in self.store.take_control(&self.process).await? {
            self.begin(request, cx);
        }
        Ok(())
    }
}

impl Child for ControlListener {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        let mut resumed = false;
        loop {
            let round = async {
                if !resumed {
                    self.resume(cx).await?;
                    resumed = true;
                }
                self.round(cx).await
            };
            match round.await {
                Ok(()) => cx.succeeded(),
                // Whoever asks gives up and says so.
                Err(error) => {
                    tracing::warn!(error = %format!("{error:#}"), "what is asked of this process could not be read");
                }
            }
            if cx.stopping() {
                return Ok(());
            }
            cx.serve_until_nudged(self, PERIOD).await;
        }
    }
}

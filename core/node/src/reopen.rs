//! An activation whose memory is in doubt is replaced by a fresh one on the same open barrier.

use std::sync::Arc;

use logical::Result;

use crate::{Node, active::Active, state::State};

impl Node {
    /// The present state; an activation in doubt is read anew first.
    pub(crate) async fn certain_state(&self) -> Result<Arc<State>> {
        let state = self.state.load_full();
        if let Some(active) = state.active()
            && active.gate.is_doubtful()
        {
            self.reopen(active).await?;
            return Ok(self.state.load_full());
        }
        Ok(state)
    }

    /// Reads the state of the store anew, unless somebody else has done so or the node was sealed.
    ///
    /// If that fails nothing is served until it succeeds: each request tries again.
    pub(crate) async fn reopen(&self, doubtful: &Arc<Active>) -> Result<()> {
        let _change = self.change.lock().await;
        let state = self.state.load_full();
        if !state.active().is_some_and(|active| Arc::ptr_eq(active, doubtful)) {
            return Ok(());
        }
        doubtful.gate.retire().await;
        let fresh = self.activate(doubtful.barrier.clone(), None).await?;
        self.serve(Active { fence: doubtful.fence.clone(), ..fresh });
        tracing::warn!("the storage did not confirm a write; the state was read anew");
        Ok(())
    }
}

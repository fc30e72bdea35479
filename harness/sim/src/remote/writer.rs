//! Writing to an API server as controllers do, who know what they write and hear of what became of it
//! by the news of their tables.

use std::sync::Arc;

use apiserver::{Object, Request, User};

use super::{AskError, COMMIT, Remote};

impl Remote {
    /// Writes one object, and says what was made of it.
    ///
    /// # Errors
    /// [`AskError`].
    ///
    /// # Panics
    /// If what is asked for is no write of one object.
    pub async fn write(
        &self,
        request: impl FnOnce(&User) -> Request,
    ) -> Result<Arc<Object>, AskError> {
        let (_, answer) = self.ask(Some(COMMIT), request).await?;
        Ok(answer
            .into_object()
            .expect("a write of one object is answered by it"))
    }
}

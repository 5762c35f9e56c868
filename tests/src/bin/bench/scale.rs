//! Counts the bytes of bodies on their way.

use async_trait::async_trait;
use backend::net::{Request, Response, Transport, TransportError};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Debug)]
pub struct Scale {
    pub beyond: Arc<dyn Transport>,
    pub bytes: Arc<AtomicUsize>,
}

#[async_trait]
impl Transport for Scale {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.bytes.fetch_add(request.body.len(), Ordering::Relaxed);
        let answer = self.beyond.send(request).await?;
        self.bytes.fetch_add(answer.body.len(), Ordering::Relaxed);
        Ok(answer)
    }
}

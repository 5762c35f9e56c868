//! The service on a socket.

use super::{App, Parts, assemble, server_config};
use anyhow::Context as _;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use hyper_util::rt::TokioTimer;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;
use tokio::task::JoinHandle;

/// A connection that has not said what it wants by then is closed.
const HEADERS_LIMIT: Duration = Duration::from_secs(10);

/// A service that listens. [`Running::stop`] ends it in good order; dropped, it is cut off.
#[derive(Debug)]
pub struct Running {
    /// Where it listens; the port that was free if 0 was asked for.
    pub address: SocketAddr,
    app: Option<App>,
    handle: Handle<SocketAddr>,
    server: JoinHandle<std::io::Result<()>>,
}

/// Puts the service together and listens.
pub async fn start(parts: Parts) -> anyhow::Result<Running> {
    let tls = server_config(&parts.config.tls)?;
    let asked = parts.config.listen;
    let listener = TcpListener::bind(asked)
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
        .with_context(|| {
            format!("cannot listen on {asked}. Choose another address with --listen, or stop what uses it")
        })?;
    let address = listener.local_addr().context("the listener has no address")?;
    let app = assemble(parts).await?;
    let handle = Handle::new();
    let service = app.router().into_make_service();
    let server = match tls {
        Some(tls) => {
            let server = axum_server::from_tcp_rustls(listener, RustlsConfig::from_config(tls))?;
            tokio::spawn(impatient(server).handle(handle.clone()).serve(service))
        }
        None => {
            let server = axum_server::from_tcp(listener)?;
            tokio::spawn(impatient(server).handle(handle.clone()).serve(service))
        }
    };
    tracing::info!(%address, other_side = ?app.config().other_side, "listening");
    Ok(Running { address, app: Some(app), handle, server })
}

/// The server with time limits on slow clients.
fn impatient<A>(mut server: axum_server::Server<SocketAddr, A>) -> axum_server::Server<SocketAddr, A> {
    server.http_builder().http1().timer(TokioTimer::new()).header_read_timeout(HEADERS_LIMIT);
    server
}

impl Running {
    /// The service behind the socket.
    pub fn app(&self) -> &App {
        self.app.as_ref().expect("taken by `stop` only, which takes the whole")
    }

    /// Takes no new connections, ends event streams, lets requests and the engine's step under way end.
    pub async fn stop(mut self) {
        let Some(app) = self.app.take() else { return };
        tracing::info!("stopping");
        app.begin_stop();
        let patience = Duration::from_secs(app.config().limits.stop_secs);
        self.handle.graceful_shutdown(Some(patience));
        if let Ok(Err(error)) = (&mut self.server).await {
            tracing::error!(%error, "the listener failed");
        }
        app.stop().await;
        tracing::info!("stopped");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.handle.shutdown();
        self.server.abort();
    }
}

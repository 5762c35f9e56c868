//! The tenant on sockets: HTTPS and HTTP on loopback, with connections that can really be cut.

use super::post_rider::{self, PostRider};
use super::{Severed, router, visitor};
use crate::World;
use crate::world::state::StateError;
use axum::Router;
use axum::body::{Body, HttpBody};
use axum::response::Response;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use bytes::Bytes;
use http::Request;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::task::JoinHandle;
use tower::Service;

/// How long open requests may take to end after [`Running::stop`].
const FAREWELL: Duration = Duration::from_secs(2);
/// How long changes are gathered before the state is written.
const GATHERING: Duration = Duration::from_millis(100);

/// Where to listen; port 0 takes a free one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Listen {
    pub https: Option<SocketAddr>,
    pub http: Option<SocketAddr>,
}

/// Why the sandbox does not listen; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(
        "the sandbox listens on loopback only, because everybody who reaches it may act as anybody: {0} is refused. Use 127.0.0.1 or ::1."
    )]
    NotLoopback(SocketAddr),
    #[error("no address to listen on: give an HTTPS or an HTTP address.")]
    NoAddress,
    #[error("the sandbox cannot listen on {address}: {reason}. Choose another address or stop what uses it.")]
    Bind { address: SocketAddr, reason: std::io::Error },
    #[error(transparent)]
    State(#[from] StateError),
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

/// A sandbox that listens. Dropping it cuts all connections; [`Running::stop`] ends it in good order.
#[derive(Debug)]
pub struct Running {
    pub https: Option<SocketAddr>,
    pub http: Option<SocketAddr>,
    /// The certificate to trust, as PEM.
    pub ca_pem: String,
    world: Arc<World>,
    handles: Vec<Handle<SocketAddr>>,
    servers: Vec<JoinHandle<std::io::Result<()>>>,
    writer: JoinHandle<()>,
    rider: JoinHandle<()>,
}

impl Running {
    /// Lets open requests end, closes all connections and writes the state.
    pub async fn stop(mut self) -> Result<(), StateError> {
        self.world.faults.clear();
        for handle in &self.handles {
            handle.graceful_shutdown(Some(FAREWELL));
        }
        for server in std::mem::take(&mut self.servers) {
            // A server that failed while serving has nothing left to stop.
            let _ = server.await;
        }
        self.rider.abort();
        self.writer.abort();
        self.world.save()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.rider.abort();
        self.writer.abort();
        for handle in &self.handles {
            handle.shutdown();
        }
        for server in &self.servers {
            server.abort();
        }
    }
}

/// Serves the world on sockets. Change notifications go out by themselves from now on: over HTTPS, unless the
/// world was handed a courier of another kind.
pub async fn serve(world: Arc<World>, listen: Listen) -> Result<Running, ServeError> {
    if listen.https.is_none() && listen.http.is_none() {
        return Err(ServeError::NoAddress);
    }
    let https = listen.https.map(bind).transpose()?;
    let http = listen.http.map(bind).transpose()?;
    let authority = world.authority()?;
    let mut believed = vec![authority.ca_pem()];
    believed.extend(world.options.trusted_ca_pem.iter().map(String::as_str));
    world.offer_courier(Arc::new(PostRider::new(&believed).map_err(ServeError::Tls)?));
    let connection = Connection { world: world.clone(), router: router(world.clone()) };
    let mut running = Running {
        https: https.as_ref().map(|(_, address)| *address),
        http: http.as_ref().map(|(_, address)| *address),
        ca_pem: authority.ca_pem().to_owned(),
        handles: Vec::new(),
        servers: Vec::new(),
        writer: tokio::spawn(write_changes(world.clone())),
        rider: tokio::spawn(post_rider::ride(world.clone())),
        world,
    };
    if let Some((listener, address)) = https {
        let handle = Handle::new();
        let server = axum_server::from_tcp_rustls(listener, RustlsConfig::from_config(tls(&authority)?))
            .map_err(|reason| ServeError::Bind { address, reason })?
            .handle(handle.clone());
        running.handles.push(handle);
        running.servers.push(tokio::spawn(server.serve(connections(connection.clone()))));
    }
    if let Some((listener, address)) = http {
        let handle = Handle::new();
        let server = axum_server::from_tcp(listener)
            .map_err(|reason| ServeError::Bind { address, reason })?
            .handle(handle.clone());
        running.handles.push(handle);
        running.servers.push(tokio::spawn(server.serve(connections(connection))));
    }
    Ok(running)
}

fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    if !address.ip().is_loopback() {
        return Err(ServeError::NotLoopback(address));
    }
    let bound = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        let bound = listener.local_addr()?;
        Ok((listener, bound))
    });
    bound.map_err(|reason| ServeError::Bind { address, reason })
}

/// Makes the service of each connection.
fn connections(
    connection: Connection,
) -> impl Service<SocketAddr, Response = Connection, Error = Infallible, Future: Send> + Clone + Send {
    tower::service_fn(move |_peer: SocketAddr| std::future::ready(Ok::<_, Infallible>(connection.clone())))
}

/// One connection: an answer marked [`Severed`] becomes an error, at which the HTTP layer closes the
/// connection (HTTP/1) or resets the stream (HTTP/2) without a word.
#[derive(Clone)]
struct Connection {
    world: Arc<World>,
    router: Router,
}

impl<B> Service<Request<B>> for Connection
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    type Response = Response;
    type Error = Severed;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Severed>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Severed>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let Self { world, router } = self.clone();
        Box::pin(async move {
            match visitor::turn_away(&world, request.uri(), request.headers()) {
                Some(refusal) => Ok(refusal),
                None => super::call(&router, request.map(Body::new)).await,
            }
        })
    }
}

fn tls(authority: &super::Authority) -> Result<Arc<rustls::ServerConfig>, ServeError> {
    let failed = |reason: String| ServeError::Tls(reason);
    let certificate = authority.issue(jiff::Timestamp::now());
    let chain = CertificateDer::pem_slice_iter(certificate.chain_pem.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|reason| failed(reason.to_string()))?;
    let key = PrivateKeyDer::from_pem_slice(certificate.key_pem.as_bytes())
        .map_err(|reason| failed(reason.to_string()))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|reason| failed(reason.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|reason| failed(reason.to_string()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Writes the state whenever it changed, a little later, so that a burst of changes is one write.
async fn write_changes(world: Arc<World>) {
    loop {
        world.state.touched.notified().await;
        tokio::time::sleep(GATHERING).await;
        let saving = world.clone();
        match tokio::task::spawn_blocking(move || saving.save()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the sandbox's state was not saved"),
            Err(error) => tracing::error!(%error, "saving the sandbox's state was broken off"),
        }
    }
}

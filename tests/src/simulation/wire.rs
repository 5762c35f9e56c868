//! The way to the other side: where requests are numbered, lost, refused and interrupted.

use super::act::{Moment, Wait, Wire as How};
use super::ground::is_for_entra;
use super::play;
use super::scene::{Node, Scene};
use async_trait::async_trait;
use backend::net::{Request, Response, Transport, TransportError};
use http::{HeaderMap, HeaderValue, StatusCode};
use std::fmt;
use std::sync::{Arc, Weak};

/// One node's way out.
pub struct Wire {
    pub scene: Weak<Scene>,
    pub node: Arc<Node>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

#[async_trait]
impl Transport for Wire {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let Some(scene) = self.scene.upgrade() else { return std::future::pending().await };
        self.node.stop_if_dead().await;
        if is_for_entra(&scene, &request) {
            return scene.ground.token(request).await;
        }
        if scene.watches() {
            return scene.ground.call(request).await;
        }
        drop(scene.turn().await);
        play::meanwhile(&scene, &self.node).await;
        drop(scene.turn().await);
        self.node.stop_if_dead().await;
        if scene.stage().dies_at(Moment::BeforeRequest) {
            self.node.die().await;
        }
        let how = scene.stage().next_fault(scene.ground.time.now_ms());
        let (method, path) = (request.method.clone(), path_of(&request));
        let answer = match how {
            None => scene.ground.call(request).await,
            Some(How::NotSent) => Err(TransportError::NotSent("the network is down".to_owned())),
            Some(How::LostBefore) => Err(TransportError::NoAnswer("timed out".to_owned())),
            Some(How::LostAfter) => {
                // Whatever it was, nobody hears of it.
                let _ = scene.ground.call(request).await;
                Err(TransportError::NoAnswer("the connection broke".to_owned()))
            }
            Some(How::Status(status)) => Ok(refusal(status, None)),
            Some(How::Throttled(wait)) => Ok(refusal(429, Some(wait))),
        };
        let status = answer.as_ref().map_or(0, |response| response.status.as_u16());
        scene.stage().trace(&format!("{method} {path} {status} {how:?}"));
        if scene.stage().dies_at(Moment::AfterRequest) {
            self.node.die().await;
        }
        answer
    }
}

fn path_of(request: &Request) -> String {
    match request.url.query() {
        Some(query) => format!("{}?{query}", request.url.path()),
        None => request.url.path().to_owned(),
    }
}

fn refusal(status: u16, wait: Option<Wait>) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    let wait = match wait {
        None | Some(Wait::Nothing) => None,
        Some(Wait::Seconds(secs)) => Some(HeaderValue::from(secs)),
        Some(Wait::Fraction) => Some(HeaderValue::from_static("2.128")),
        Some(Wait::Nonsense) => Some(HeaderValue::from_static("soon")),
    };
    if let Some(wait) = wait {
        headers.insert("retry-after", wait);
    }
    let body = r#"{"error":{"code":"SimulatedTrouble","message":"not now"}}"#;
    let status = StatusCode::from_u16(status).expect("a status of HTTP");
    Response { status, headers, body: body.into() }
}

//! The organization's settings, as its CRM says them: read now and then, never guessed.

use super::Engine;
use crate::caller::{Access, TenantId};
use crate::crm::SettingsDocument;
use crate::outcome::Failure;
use shared::UtcMs;
use shared::problem::Problem;
use shared::settings::Settings;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How long what was read is taken for true.
const FRESH_MS: i64 = 300_000;
/// How long a failed reading is not tried again while older settings are known.
const PAUSE_MS: i64 = 30_000;

/// What is known of the tenants' settings.
#[derive(Debug, Default)]
pub struct KnownSettings(Mutex<HashMap<TenantId, Arc<tokio::sync::Mutex<Option<Read>>>>>);

#[derive(Debug)]
struct Read {
    settings: Settings,
    again: UtcMs,
}

impl Engine {
    /// The organization's settings; read anew when they are older than 5 minutes. Where the CRM does not answer,
    /// what was read before holds on; where nothing ever was, nothing can be decided.
    pub(super) async fn settings(&self, tenant: TenantId) -> Result<Settings, Failure> {
        let place = {
            let mut all = self.settings.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(tenant).or_default())
        };
        let mut known = place.lock().await;
        let now = self.parts.clock.now();
        // A clock that was set back must not make them last longer.
        let is_fresh = |read: &&Read| (1..=FRESH_MS).contains(&read.again.since_ms(now));
        if let Some(read) = known.as_ref().filter(is_fresh) {
            return Ok(read.settings.clone());
        }
        let answer = self.read_settings(tenant).await;
        match (answer, known.as_mut()) {
            (Ok(document), _) => {
                let settings = document.settings;
                *known = Some(Read { settings: settings.clone(), again: now.plus_ms(FRESH_MS) });
                Ok(settings)
            }
            (Err(failure), Some(read)) => {
                tracing::warn!(code = failure.problem().code.as_str(), "settings could not be read again");
                read.again = now.plus_ms(PAUSE_MS);
                Ok(read.settings.clone())
            }
            // Nothing was refused to whoever asks: it is we who cannot tell yet.
            (Err(failure), None) => Err(Failure::NotDone(failure.problem())),
        }
    }

    /// The settings as they stand in the CRM now.
    pub(super) async fn read_settings(&self, tenant: TenantId) -> Result<SettingsDocument, Failure> {
        let organization = self.organization(tenant).map_err(Failure::Refused)?;
        organization.crm.settings(&Access::service(tenant)).await
    }

    /// Changes a setting in the CRM; what was known of the settings is forgotten.
    pub(super) async fn write_setting(
        &self,
        tenant: TenantId,
        name: &str,
        value: &str,
    ) -> Result<(), Problem> {
        let organization = self.organization(tenant)?;
        let written = organization.crm.write_setting(&Access::service(tenant), name, value).await;
        self.settings.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&tenant);
        written.map_err(|failure| failure.problem())
    }
}

use crate::client::*;
use sandbox::company::{ADA, APP_CLIENT_ID};
use sandbox::entra::{Consent, Mint, Resource};
use sandbox::world::{SetClock, StateError};
use sandbox::{Options, World};
use std::path::Path;
use std::sync::Arc;

fn open(folder: &Path) -> Result<Arc<World>, StateError> {
    let options = Options::in_memory(SetClock::new(start()));
    World::new(Options { state_dir: Some(folder.to_owned()), ..options })
}

fn bearer(token: &str) -> http::HeaderMap {
    let mut headers = http::HeaderMap::new();
    headers.insert(http::header::AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    headers
}

fn as_json(world: &World) -> serde_json::Value {
    serde_json::json!([&*world.exchange(), &*world.dataverse(), &*world.entra()])
}

#[test]
fn the_tenant_is_as_it_was_after_a_restart_and_tokens_stay_good() {
    let folder = tempfile::tempdir().unwrap();
    let world = open(folder.path()).unwrap();
    let token = Mint::good(&ADA).token(&world).unwrap();
    world.rotate_keys(3600);
    world.entra().set_consent(APP_CLIENT_ID, "*", Consent::Withdrawn).unwrap();
    world.touch();
    world.save().unwrap();
    let before = as_json(&world);
    drop(world);

    let world = open(folder.path()).unwrap();
    assert!(world.imported.is_none(), "loaded, not seeded");
    assert_eq!(as_json(&world), before);
    assert!(sandbox::entra::check_bearer(&world, &bearer(&token), Resource::App).is_ok());
    assert!(!folder.path().join("tenant.new").exists());
}

#[test]
fn a_fresh_tenant_is_saved_and_an_unchanged_one_is_not_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tenant.json");
    let world = open(folder.path()).unwrap();
    world.save().unwrap();
    std::fs::remove_file(&file).unwrap();
    world.save().unwrap();
    assert!(!file.exists());
    world.touch();
    world.save().unwrap();
    assert!(file.exists());
}

#[test]
fn a_damaged_state_is_named_with_what_to_do_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tenant.json");
    for damage in ["", "{\"format\":1,\"exch", "{\"format\":1}", "[]"] {
        std::fs::write(&file, damage).unwrap();
        let error = open(folder.path()).unwrap_err();
        assert!(matches!(error, StateError::Damaged { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains(&*file.to_string_lossy()) && text.contains("Move it away"), "{text}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), damage);
    }
    std::fs::write(&file, "{\"format\":99}").unwrap();
    assert!(matches!(open(folder.path()).unwrap_err(), StateError::Format { found: 99, .. }));
}

#[test]
fn a_state_folder_that_is_a_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let error = open(&file).unwrap_err();
    assert!(error.to_string().contains("--state"), "{error}");
}

#[test]
fn only_the_owner_may_read_the_keys() {
    let folder = tempfile::tempdir().unwrap();
    let world = open(folder.path()).unwrap();
    world.save().unwrap();
    world.authority().unwrap();
    #[cfg(unix)]
    for name in ["tenant.json", "ca-key.pem"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}

#[test]
fn the_authority_is_the_same_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(folder.path()).unwrap().authority().unwrap().ca_pem().to_owned();
    assert_eq!(open(folder.path()).unwrap().authority().unwrap().ca_pem(), first);
    std::fs::write(folder.path().join("ca-key.pem"), "nonsense").unwrap();
    let error = open(folder.path()).unwrap().authority().unwrap_err();
    assert!(error.to_string().contains("ca-key.pem"), "{error}");
}

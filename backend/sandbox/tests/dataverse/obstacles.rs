use crate::client::*;
use http::{Method, StatusCode};
use sandbox::company::ADA;
use sandbox::dataverse::{Obstacle, Trouble};
use serde_json::json;

#[tokio::test]
async fn a_plug_in_fails_for_the_next_creates_and_leaves_nothing_behind() {
    let crm = Crm::new();
    let trouble = Trouble::PlugIn { message: "Subject needs a case number.".to_owned() };
    crm.world.crm().place_obstacle(Obstacle::new(trouble).named("case").times(2));
    let before = crm.stored("activityparties").await;
    for _ in 0..2 {
        let refused = crm.engine().post("emails", email("<a@x>")).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::BAD_REQUEST, "0x80040265"));
        assert_eq!(refused.message(), "Subject needs a case number.");
    }
    assert_eq!(crm.emails_with("<a@x>").await, 0);
    assert_eq!(crm.stored("activityparties").await, before);
    assert_eq!(crm.engine().post("emails", email("<a@x>")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(crm.world.crm().obstacles()[0].met, 2);
    let failed: Vec<_> = crm
        .journal()
        .into_iter()
        .flat_map(|entry| entry.effects)
        .filter(|effect| effect.kind == "email.failed")
        .collect();
    assert_eq!(failed.len(), 2);
    assert_eq!(failed[1].target, "case");
    assert_eq!(failed[1].detail, json!({"trouble": "plugIn", "met": 2}));
}

#[tokio::test]
async fn chosen_subjects_and_messages_fail_for_good() {
    let crm = Crm::new();
    let world = crm.world.crm();
    world.place_obstacle(Obstacle::new(Trouble::InvalidSender).on_subject("OFF"));
    for _ in 0..5 {
        let refused = crm.engine().post("emails", email("<a@x>")).await;
        assert_eq!((refused.status, refused.code().as_str()), (StatusCode::BAD_REQUEST, "0x80040203"));
        assert_eq!(refused.message(), "The sender email address could not be found or is invalid.");
    }
    let mut other = email("<b@x>");
    other["subject"] = json!("Minutes");
    assert_eq!(crm.engine().post("emails", other.clone()).await.status, StatusCode::NO_CONTENT);
    world.clear_obstacles();
    world.place_obstacle(Obstacle::new(Trouble::Unknown).on_message("<C@x>"));
    assert_eq!(crm.engine().post("emails", email("<a@x>")).await.status, StatusCode::NO_CONTENT);
    let refused = crm.engine().post("emails", email("<c@x>")).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "0x80040216"));
}

#[tokio::test]
async fn obstacles_are_placed_and_taken_away_over_the_control_plane() {
    let crm = Crm::new();
    let path = "/dataverse/obstacles";
    let placed = crm.control(Method::POST, path, &json!({"kind": "timeout", "times": 1})).await;
    assert_eq!(placed.status, StatusCode::CREATED, "{}", placed.text);
    assert_eq!(placed.json()["name"], "obstacle-1");
    let refused = crm.engine().post("emails", email("<a@x>")).await;
    assert_eq!((refused.status, refused.code().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "0x80044151"));
    assert_eq!(crm.control(Method::GET, path, &json!(null)).await.json()[0]["met"], 1);
    let other =
        json!({"kind": "other", "status": 408, "code": "0x80040005", "message": "late", "name": "late"});
    crm.control(Method::POST, path, &other).await;
    let refused = crm.engine().post("emails", email("<a@x>")).await;
    assert_eq!((refused.status.as_u16(), refused.code().as_str()), (408, "0x80040005"));
    let gone = crm.control(Method::DELETE, "/dataverse/obstacles/late", &json!(null)).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(crm.engine().post("emails", email("<a@x>")).await.status, StatusCode::NO_CONTENT);
    crm.control(Method::DELETE, path, &json!(null)).await;
    assert_eq!(crm.control(Method::GET, path, &json!(null)).await.json(), json!([]));
    let gone = crm.control(Method::DELETE, "/dataverse/obstacles/late", &json!(null)).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_obstacle_undoes_the_whole_changeset() {
    let crm = Crm::new();
    crm.world.crm().place_obstacle(Obstacle::new(Trouble::Timeout).on_message("<two@x>"));
    let part = |id: u32| {
        let body = email(if id == 1 { "<one@x>" } else { "<two@x>" });
        format!(
            "--cs\nContent-Type: application/http\nContent-Transfer-Encoding: binary\nContent-ID: {id}\n\n\
             POST {ROOT}/emails HTTP/1.1\nContent-Type: application/json\n\n{body}\n"
        )
    };
    let text =
        format!("--b1\nContent-Type: multipart/mixed; boundary=cs\n\n{}{}--cs--\n--b1--\n", part(1), part(2));
    let kind = "multipart/mixed; boundary=b1";
    let answer =
        crm.engine().send_text(Method::POST, "$batch", kind, text.replace('\n', "\r\n")).await.unwrap();
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{}", answer.text);
    assert_eq!(crm.emails_with("<one@x>").await, 0);
    let effects = crm.journal().into_iter().flat_map(|entry| entry.effects);
    let kinds: Vec<String> = effects.map(|effect| effect.kind).collect();
    assert_eq!(kinds, ["email.failed"]);
}

#[tokio::test]
async fn what_is_refused_anyway_and_what_the_platform_does_meet_no_obstacle() {
    let crm = Crm::new();
    let world = crm.world.crm();
    world.place_obstacle(Obstacle::new(Trouble::Unknown));
    assert_eq!(
        crm.person(&sandbox::company::CHIARA).post("emails", email("<a@x>")).await.code(),
        "0x80040220"
    );
    world.create("emails", email("<a@x>")).await.unwrap();
    assert_eq!(world.obstacles()[0].met, 0);
    let contact = crm.person(&ADA).post("contacts", json!({"lastname": "Berg"})).await;
    assert_eq!(contact.status, StatusCode::NO_CONTENT);
    let by_ada = world.as_person(ADA.oid.parse().unwrap()).create("emails", email("<b@x>")).await;
    assert_eq!(by_ada.unwrap_err().code, "0x80040216", "a person's own create runs the plug-ins");
}

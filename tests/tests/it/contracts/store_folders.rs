//! The store's contract: a mailbox's folders, their tokens, and what people said of them.

use super::bed::Bed;
use super::samples::*;
use backend::exchange::DeltaLink;
use backend::store::StoreError;
use backend::store::folders::MOST_MAPPED;
use backend::store::{
    FolderKind, FolderPage, FolderRecord, Mapped, MappedFolder, ObservedPage, Round, Stopped,
};
use shared::UtcMs;
use shared::email::ConversationId;
use shared::item::FolderId;
use shared::mailbox::FolderMapping;
use shared::rules::mailboxes::Reading;

on_every_store! {
    a_folder_list_is_stored_with_its_token,
    a_folder_that_changed_its_name_keeps_its_place,
    a_whole_list_takes_away_what_is_not_in_it,
    a_round_moves_the_watermark_when_it_is_complete,
    an_expired_token_begins_a_full_round_and_keeps_the_watermark,
    fld_01_a_page_that_was_asked_for_before_its_folder_was_mapped_is_not_stored,
    cat_18_a_mailbox_is_read_from_its_beginning_when_its_category_counts_again,
    fld_01_a_mailbox_maps_25_folders_at_most,
    a_mapped_folder_stays_mapped_when_it_is_seen_or_mapped_again,
    a_conversation_is_stopped_and_resumed,
}

fn folder(id: &str, name: &str, kind: FolderKind) -> FolderRecord {
    FolderRecord {
        folder: FolderId(id.into()),
        name: name.into(),
        kind,
        link: None,
        generation: 0,
        round: Round::Full,
        watermark: UtcMs(0),
        round_high: UtcMs(0),
        mapping: None,
    }
}

fn list(folders: &[(&str, &str, FolderKind)], removed: &[&str], all: bool) -> FolderPage {
    FolderPage {
        changed: folders
            .iter()
            .map(|(id, name, kind)| (FolderId((*id).into()), (*name).into(), *kind))
            .collect(),
        removed: removed.iter().map(|id| FolderId((*id).into())).collect(),
        all,
        link: delta("list"),
    }
}

async fn a_folder_list_is_stored_with_its_token(s: Bed) {
    let lease = lease(&*s, 0).await;
    s.enroll(&new_mailbox(ada(), "ada")).await.unwrap();
    let page = list(&[("i", "Inbox", FolderKind::Inbox), ("s", "Sent Items", FolderKind::Sent)], &[], false);
    s.save_folders(&lease, ada(), &page).await.unwrap();
    let more =
        FolderPage { link: delta("list-2"), ..list(&[("x", "Projects", FolderKind::Other)], &["s"], false) };
    s.save_folders(&lease, ada(), &more).await.unwrap();
    let expected = [folder("i", "Inbox", FolderKind::Inbox), folder("x", "Projects", FolderKind::Other)];
    assert_eq!(s.folders(TENANT, ada()).await.unwrap(), expected);
    let link = s.mailbox(TENANT, ada()).await.unwrap().and_then(|m| m.folders_link);
    assert_eq!(link, Some(delta("list-2")));
}

async fn a_folder_that_changed_its_name_keeps_its_place(s: Bed) {
    let lease = lease(&*s, 0).await;
    furnish(&*s, &lease).await;
    s.save_page(&lease, ada(), &page("1", vec![]), UtcMs(1)).await.unwrap();
    s.save_folders(&lease, ada(), &list(&[("inbox", "Posteingang", FolderKind::Inbox)], &[], false))
        .await
        .unwrap();
    let expected = FolderRecord {
        link: Some(delta("1")),
        round: Round::Incremental,
        watermark: UtcMs(100),
        ..folder("inbox", "Posteingang", FolderKind::Inbox)
    };
    assert_eq!(s.folders(TENANT, ada()).await.unwrap(), [expected]);
}

async fn a_whole_list_takes_away_what_is_not_in_it(s: Bed) {
    let lease = lease(&*s, 0).await;
    furnish(&*s, &lease).await;
    let of_ben = lease_on(&*s, "ben", "node", 0).await;
    s.save_folders(&of_ben, ben(), &list(&[("b", "Inbox", FolderKind::Inbox)], &[], true)).await.unwrap();
    s.save_folders(&lease, ada(), &list(&[("x", "Projects", FolderKind::Other)], &[], true)).await.unwrap();
    let expected = [folder("x", "Projects", FolderKind::Other)];
    assert_eq!(s.folders(TENANT, ada()).await.unwrap(), expected);
    assert_eq!(
        s.folders(TENANT, ben()).await.unwrap().len(),
        1,
        "another mailbox's are none of its business"
    );
}

async fn a_round_moves_the_watermark_when_it_is_complete(s: Bed) {
    let lease = lease(&*s, 0).await;
    furnish(&*s, &lease).await;
    let save = async |at: &str, high: i64, ends_round: bool| {
        let page = ObservedPage { high: UtcMs(high), ends_round, ..page(at, vec![]) };
        s.save_page(&lease, ada(), &page, UtcMs(1)).await.unwrap();
        let folder = s.folders(TENANT, ada()).await.unwrap().remove(0);
        assert_eq!(folder.link, Some(delta(at)));
        (folder.round, folder.watermark.0, folder.round_high.0)
    };
    assert_eq!(save("1", 50, false).await, (Round::Full, 0, 50));
    assert_eq!(save("2", 30, false).await, (Round::Full, 0, 50), "pages come in any order");
    assert_eq!(save("3", 40, true).await, (Round::Incremental, 50, 0));
    assert_eq!(save("4", 20, true).await, (Round::Incremental, 50, 0), "it never goes back");
    assert_eq!(save("5", 70, true).await, (Round::Incremental, 70, 0));
}

async fn an_expired_token_begins_a_full_round_and_keeps_the_watermark(s: Bed) {
    let lease = lease(&*s, 0).await;
    furnish(&*s, &lease).await;
    s.save_page(&lease, ada(), &page("1", vec![]), UtcMs(1)).await.unwrap();
    for (generation, link) in [(0, Some(delta("fresh"))), (1, None::<DeltaLink>)] {
        let unfinished = ObservedPage { ends_round: false, generation, ..page("2", vec![]) };
        s.save_page(&lease, ada(), &unfinished, UtcMs(1)).await.unwrap();
        s.reset_folder(&lease, ada(), &inbox(), link.clone()).await.unwrap();
        let folder = s.folders(TENANT, ada()).await.unwrap().remove(0);
        assert_eq!((folder.link, folder.round, folder.generation), (link, Round::Full, generation + 1));
        assert_eq!((folder.watermark, folder.round_high), (UtcMs(100), UtcMs(0)));
    }
}

async fn fld_01_a_page_that_was_asked_for_before_its_folder_was_mapped_is_not_stored(s: Bed) {
    let lease = lease(&*s, 0).await;
    furnish(&*s, &lease).await;
    s.save_page(&lease, ada(), &page("1", vec![]), UtcMs(1)).await.unwrap();
    s.map_folder(TENANT, ada(), &mapped(&inbox().0, None), &administrator(), UtcMs(2)).await.unwrap();
    let before = s.folders(TENANT, ada()).await.unwrap();
    let page = page("2", vec![noticed(1, "a", 3)]);
    let refused = s.save_page(&lease, ada(), &page, UtcMs(3)).await;
    assert!(matches!(refused, Err(StoreError::Outdated)), "{refused:?}");
    assert_eq!(s.folders(TENANT, ada()).await.unwrap(), before);
    assert_eq!(s.wish_state(TENANT, id(1)).await.unwrap(), None, "it means another thing now");
    let page = ObservedPage { generation: 1, ..page };
    assert_eq!(s.save_page(&lease, ada(), &page, UtcMs(4)).await.unwrap(), 1);
}

async fn cat_18_a_mailbox_is_read_from_its_beginning_when_its_category_counts_again(s: Bed) {
    let lease = lease(&*s, 0).await;
    furnish(&*s, &lease).await;
    s.save_page(&lease, ada(), &page("1", vec![]), UtcMs(1)).await.unwrap();
    let folder = async || s.folders(TENANT, ada()).await.unwrap().remove(0);
    let before = folder().await;
    s.save_category(&lease, ada(), &known("Tracked"), Reading::On).await.unwrap();
    assert_eq!(folder().await, before);
    s.save_category(&lease, ada(), &known("Tracked"), Reading::FromStart).await.unwrap();
    let after = folder().await;
    assert_eq!((after.link, after.round, after.round_high), (None, Round::Full, UtcMs(0)));
    assert_eq!(after.watermark, before.watermark, "old mail stays old");
}

fn mapped(folder: &str, regarding: Option<&str>) -> MappedFolder {
    let mapping = FolderMapping { regarding: regarding.map(record) };
    MappedFolder { folder: FolderId(folder.into()), name: format!("named {folder}"), mapping: Some(mapping) }
}

async fn fld_01_a_mailbox_maps_25_folders_at_most(s: Bed) {
    assert_eq!(MOST_MAPPED, 25);
    let map = async |folder: &MappedFolder| {
        s.map_folder(TENANT, ada(), folder, &administrator(), UtcMs(1)).await.unwrap()
    };
    for number in 1..=25 {
        assert_eq!(map(&mapped(&format!("{number:02}"), None)).await, Mapped::Done);
    }
    let before = s.dump().await;
    assert_eq!(map(&mapped("26", None)).await, Mapped::TooMany);
    assert_eq!(s.dump().await, before);
    assert_eq!(map(&mapped("07", Some("Fjordline"))).await, Mapped::Done, "a mapped one may be mapped anew");
    let of_ben = s.map_folder(TENANT, ben(), &mapped("26", None), &administrator(), UtcMs(1)).await;
    assert_eq!(of_ben.unwrap(), Mapped::Done, "another mailbox counts for itself");
    assert_eq!(map(&MappedFolder { mapping: None, ..mapped("01", None) }).await, Mapped::Done);
    assert_eq!(map(&mapped("26", None)).await, Mapped::Done);
    assert_eq!(map(&mapped("27", None)).await, Mapped::TooMany);
}

async fn a_mapped_folder_stays_mapped_when_it_is_seen_or_mapped_again(s: Bed) {
    let lease = lease(&*s, 0).await;
    furnish(&*s, &lease).await;
    s.map_folder(TENANT, ada(), &mapped("x", Some("Fjordline")), &administrator(), UtcMs(5)).await.unwrap();
    let found = s.folders(TENANT, ada()).await.unwrap();
    let mapping = Some(FolderMapping { regarding: Some(record("Fjordline")) });
    let expected = FolderRecord { mapping: mapping.clone(), ..folder("x", "named x", FolderKind::Other) };
    assert_eq!(found[1], expected);
    s.save_folders(&lease, ada(), &list(&[("x", "Projects", FolderKind::Other)], &[], false)).await.unwrap();
    assert_eq!(
        s.folders(TENANT, ada()).await.unwrap()[1],
        FolderRecord { name: "Projects".into(), ..expected }
    );
    s.map_folder(
        TENANT,
        ada(),
        &MappedFolder { mapping: None, ..mapped("x", None) },
        &administrator(),
        UtcMs(6),
    )
    .await
    .unwrap();
    let expected = FolderRecord { generation: 1, ..folder("x", "Projects", FolderKind::Other) };
    assert_eq!(s.folders(TENANT, ada()).await.unwrap()[1], expected, "unmapped, and still there");
    let events = s.events(TENANT).await;
    assert_eq!(events[1..], ["folder.mapped", "folder.unmapped"]);
}

async fn a_conversation_is_stopped_and_resumed(s: Bed) {
    let (first, second) = (ConversationId("c1".into()), ConversationId("c2".into()));
    let stop = async |conversation: &ConversationId, stopped, now| {
        let by = administrator();
        s.stop_conversation(TENANT, ada(), conversation, stopped, &by, UtcMs(now)).await.unwrap();
    };
    stop(&first, Stopped::Yes, 1).await;
    stop(&first, Stopped::Yes, 2).await;
    stop(&second, Stopped::Yes, 3).await;
    assert_eq!(s.stopped_conversations(TENANT, ada()).await.unwrap(), [first.clone(), second.clone()]);
    for (tenant, mailbox) in [(TENANT, ben()), (STRANGER, ada())] {
        assert_eq!(s.stopped_conversations(tenant, mailbox).await.unwrap(), []);
    }
    stop(&first, Stopped::No, 4).await;
    assert_eq!(s.stopped_conversations(TENANT, ada()).await.unwrap(), [second]);
    let events = s.events(TENANT).await;
    assert_eq!(events.last().map(String::as_str), Some("conversation.resumed"));
}

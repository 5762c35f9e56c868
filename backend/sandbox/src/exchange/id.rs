//! How Exchange spells the ids of items and folders, and how such spellings are read back.
//!
//! An item has two REST ids: the mutable one names its place and dies with a move, the immutable one lives
//! as long as the item stays in its mailbox. Both carry the mailbox, so that an id of another mailbox is
//! *malformed* here, as it is in Exchange, and not merely unknown.

use super::Refusal;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// An item within its mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ItemKey(pub u64);

/// Which REST id an answer shows for an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum IdForm {
    /// The default: changes when the item moves.
    Mutable,
    /// Asked for with `Prefer: IdType="ImmutableId"`.
    Immutable,
}

/// What an id turned out to name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// `place` is the count of moves that a mutable id was spelled after; `None` in an immutable id.
    Item {
        key: ItemKey,
        place: Option<u32>,
    },
    Folder(u64),
}

const MUTABLE: [u8; 4] = [0x00, 0x03, 0x24, 0x00];
const IMMUTABLE: [u8; 26] = [
    0x00, 0x09, 0x00, 0x2e, 0x00, 0x00, 0x00, 0x00, 0x00, 0x1d, 0x84, 0x03, 0x11, 0xaa, 0x66, 0x11, 0xcd,
    0x9b, 0xc8, 0x00, 0xaa, 0x00, 0x2f, 0xc4, 0x5a, 0x0d,
];
const ENTRY: [u8; 4] = [0x00, 0x00, 0x00, 0x00];
const ITEM_MARK: [u8; 2] = [0x07, 0x00];
const FOLDER_MARK: [u8; 2] = [0x01, 0x00];
const ATTACHMENT_MARK: [u8; 4] = [0x01, 0x12, 0x00, 0x10];

/// The namespace in which mailbox guids are derived from object ids.
const MAILBOXES: Uuid = Uuid::from_u128(0x5a9d_b0c5_0000_4000_8000_0000_0000_0e0c);

/// The mailbox guid inside every id of the mailbox.
pub fn mailbox_guid(oid: &str) -> Uuid {
    Uuid::new_v5(&MAILBOXES, oid.as_bytes())
}

/// The id of an item as Graph shows it.
pub fn spell_item(mailbox: Uuid, key: ItemKey, place: u32, form: IdForm) -> String {
    match form {
        IdForm::Mutable => URL_SAFE.encode(mutable_bytes(MUTABLE, mailbox, key, place)),
        IdForm::Immutable => {
            let mut bytes = IMMUTABLE.to_vec();
            bytes.push(0);
            bytes.extend_from_slice(mailbox.as_bytes());
            bytes.extend_from_slice(&key.0.to_be_bytes());
            bytes.extend_from_slice(&[0; 2]);
            URL_SAFE.encode(bytes)
        }
    }
}

/// The MAPI-like entry id that `translateExchangeIds` speaks of.
pub fn spell_entry(mailbox: Uuid, key: ItemKey, place: u32) -> String {
    URL_SAFE.encode(mutable_bytes(ENTRY, mailbox, key, place))
}

fn mutable_bytes(mark: [u8; 4], mailbox: Uuid, key: ItemKey, place: u32) -> Vec<u8> {
    let mut bytes = mark.to_vec();
    bytes.extend_from_slice(mailbox.hyphenated().to_string().as_bytes());
    bytes.extend_from_slice(&[0x00, 0x46, 0, 0, 0, 0, 0]);
    // Real store guids hold every byte; these make sure that each id has a `-` and a `_` to convert.
    bytes.extend_from_slice(&[0x0b, 0xff, 0xff, 0xef, 0xbe, 0xfb]);
    bytes.extend_from_slice(mailbox.as_bytes());
    bytes.extend_from_slice(&ITEM_MARK);
    bytes.extend_from_slice(&place.to_be_bytes());
    bytes.extend_from_slice(&key.0.to_be_bytes());
    bytes.extend_from_slice(&[0, 0]);
    bytes
}

/// The id of a folder; it does not change when the folder moves.
pub fn spell_folder(mailbox: Uuid, folder: u64) -> String {
    let mut bytes = MUTABLE.to_vec();
    bytes.extend_from_slice(mailbox.hyphenated().to_string().as_bytes());
    bytes.extend_from_slice(&[0x00, 0x2e, 0, 0, 0, 0, 0]);
    bytes.extend_from_slice(mailbox.as_bytes());
    bytes.extend_from_slice(&FOLDER_MARK);
    bytes.extend_from_slice(&folder.to_be_bytes());
    bytes.extend_from_slice(&[0, 0]);
    URL_SAFE.encode(bytes)
}

/// The id of a conversation: the same for all mail of one thread in one mailbox.
pub fn spell_conversation(mailbox: Uuid, thread: Uuid) -> String {
    let mut bytes = vec![0x00, 0x04, 0x24, 0x00];
    bytes.extend_from_slice(mailbox.hyphenated().to_string().as_bytes());
    bytes.extend_from_slice(&[0x00, 0x10, 0x00]);
    bytes.extend_from_slice(thread.as_bytes());
    URL_SAFE.encode(bytes)
}

/// The id of an attachment: that of its message, followed by its own.
pub fn spell_attachment(item: &str, attachment: Uuid) -> String {
    let mut bytes = URL_SAFE.decode(item).unwrap_or_default();
    bytes.extend_from_slice(&ATTACHMENT_MARK);
    bytes.extend_from_slice(attachment.as_bytes());
    URL_SAFE.encode(bytes)
}

/// Reads an attachment id: the id of its message, in the form it had, and its own part.
pub fn read_attachment(text: &str) -> Result<(String, Uuid), Refusal> {
    let bytes = URL_SAFE.decode(text).map_err(|_| Refusal::MalformedId)?;
    let (rest, own) = bytes.split_last_chunk::<16>().ok_or(Refusal::MalformedId)?;
    let item = rest.strip_suffix(&ATTACHMENT_MARK).ok_or(Refusal::MalformedId)?;
    Ok((URL_SAFE.encode(item), Uuid::from_bytes(*own)))
}

/// The change key of an item or folder after the mailbox's change number `change`.
pub fn spell_change_key(mailbox: Uuid, change: u64) -> String {
    let mut bytes = vec![0x09, 0x00, 0x00, 0x00, 0x16, 0x00, 0x00, 0x00];
    bytes.extend_from_slice(mailbox.as_bytes());
    bytes.extend_from_slice(&change.to_be_bytes()[2..]);
    STANDARD.encode(bytes)
}

/// Reads an id that is meant for `mailbox`.
pub fn read(mailbox: Uuid, text: &str) -> Result<Named, Refusal> {
    let bytes = URL_SAFE.decode(text).map_err(|_| Refusal::MalformedId)?;
    let named = read_immutable(mailbox, &bytes)
        .or_else(|| read_mutable(mailbox, &bytes))
        .or_else(|| read_folder(mailbox, &bytes))
        .ok_or(Refusal::MalformedId)?;
    Ok(named)
}

fn read_immutable(mailbox: Uuid, bytes: &[u8]) -> Option<Named> {
    let rest = bytes.strip_prefix(&IMMUTABLE)?.strip_prefix(&[0])?.strip_prefix(mailbox.as_bytes())?;
    let (key, tail) = rest.split_first_chunk::<8>()?;
    (tail == [0, 0]).then_some(Named::Item { key: ItemKey(u64::from_be_bytes(*key)), place: None })
}

fn read_mutable(mailbox: Uuid, bytes: &[u8]) -> Option<Named> {
    let mark = if bytes.starts_with(&ENTRY) { ENTRY } else { MUTABLE };
    let (body, tail) = bytes.split_last_chunk::<14>()?;
    let (place, key) = tail.split_first_chunk::<4>()?;
    let key = key.first_chunk::<8>()?;
    let named = (ItemKey(u64::from_be_bytes(*key)), u32::from_be_bytes(*place));
    let expected = mutable_bytes(mark, mailbox, named.0, named.1);
    (expected.len() == body.len() + 14 && expected == bytes)
        .then_some(Named::Item { key: named.0, place: Some(named.1) })
}

fn read_folder(mailbox: Uuid, bytes: &[u8]) -> Option<Named> {
    let (_, tail) = bytes.split_last_chunk::<10>()?;
    let folder = u64::from_be_bytes(*tail.first_chunk::<8>()?);
    (URL_SAFE.encode(bytes) == spell_folder(mailbox, folder)).then_some(Named::Folder(folder))
}

/// REST spelling to EWS spelling, which Office.js shows as `itemId`.
pub fn to_ews(rest: &str) -> String {
    rest.replace('-', "/").replace('_', "+")
}

/// EWS spelling to REST spelling.
pub fn to_rest(ews: &str) -> String {
    ews.replace('/', "-").replace('+', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_in_its_own_mailbox_and_is_malformed_in_another() {
        let (ada, ben) = (mailbox_guid("ada"), mailbox_guid("ben"));
        for form in [IdForm::Mutable, IdForm::Immutable] {
            let id = spell_item(ada, ItemKey(7), 3, form);
            let place = (form == IdForm::Mutable).then_some(3);
            assert_eq!(read(ada, &id), Ok(Named::Item { key: ItemKey(7), place }));
            assert_eq!(read(ben, &id), Err(Refusal::MalformedId));
            assert_eq!(read(ada, &id[..id.len() - 4]), Err(Refusal::MalformedId));
        }
        assert_eq!(read(ada, &spell_folder(ada, 5)), Ok(Named::Folder(5)));
        assert_eq!(read(ada, "inbox!"), Err(Refusal::MalformedId));
    }

    #[test]
    fn mutable_ids_look_like_those_of_exchange_and_need_converting_from_ews() {
        let id = spell_item(mailbox_guid("ada"), ItemKey(1), 0, IdForm::Mutable);
        assert!(id.starts_with("AAMk"), "{id}");
        assert!(id.contains('-') && id.contains('_'), "{id}");
        assert!(to_ews(&id).contains('/') && to_ews(&id).contains('+'));
        assert_eq!(to_rest(&to_ews(&id)), id);
        assert!(spell_item(mailbox_guid("ada"), ItemKey(1), 0, IdForm::Immutable).starts_with("AAkALg"));
    }
}

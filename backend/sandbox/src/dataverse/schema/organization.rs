//! The organization itself: one row, whose columns are settings.
//!
//! Two places hold settings. Columns hold those that the settings dialog shows (tracking token, smart matching,
//! *track emails sent between users as two activities*, which is `ignoreinternalemail` the other way round);
//! the document in `orgdborgsettings` holds the others, and only those that somebody changed.

use super::*;

/// The largest `maxuploadfilesize` that can be set, in bytes.
const LARGEST_UPLOAD: i64 = 131_072_000;

pub fn organization() -> Table {
    let mut table = base("organization", "organizations", "Organization", 1019);
    table.ownership = Ownership::Organization;
    let tracking = vec![
        flag("emailcorrelationenabled"),
        text("trackingprefix", 256),
        number("trackingtokenidbase", 0, i64::from(i32::MAX)),
        number("trackingtokeniddigits", 1, 10),
        number("maximumtrackingnumber", 0, i64::from(i32::MAX)),
        number("nexttrackingnumber", 0, i64::from(i32::MAX)),
        flag("enablesmartmatching"),
        text("hashfilterkeywords", 1_073_741_823),
        number("hashmaxcount", 0, 100),
        number("hashdeltasubjectcount", 0, 100),
        number("hashminaddresscount", 0, 100),
        flag("ignoreinternalemail"),
        flag("unresolveemailaddressifmultiplematch"),
        flag("resolvesimilarunresolvedemailaddress"),
    ];
    let mailboxes = vec![
        flag("requireapprovalforuseremail"),
        flag("requireapprovalforqueueemail"),
        flag("isfolderbasedtrackingenabled"),
        number("maxfolderbasedtrackingmappings", 1, 25),
        flag("isdelegateaccessenabled"),
        number("maxuploadfilesize", 1, LARGEST_UPLOAD),
        text("blockedattachments", 1_073_741_823),
    ];
    let own = vec![text("name", 160), text("orgdborgsettings", 1_073_741_823), int("languagecode")];
    with(table, "organizationid", vec![own, tracking, mailboxes])
}

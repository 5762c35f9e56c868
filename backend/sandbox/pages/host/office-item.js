// A message of the mailbox as the dictionary from which office.js builds `mailbox.item`.

import { permissionOnTheWire } from "./addin-frame.js";

const ITEM = { message: 1, meetingRequest: 3 };
const RECIPIENT = { user: 2, externalUser: 3 };

/** Graph spells ids url-safe, Exchange Web Services (and so Office.js) in plain base64. */
export const toEwsId = (restId) => restId.replaceAll("-", "/").replaceAll("_", "+");
export const toRestId = (ewsId) => ewsId.replaceAll("/", "-").replaceAll("+", "_");

/** Who opens the item, wherever it lies. */
function reader({ person, manifest, isShared }) {
  return {
    permissionLevel: permissionOnTheWire(manifest),
    userDisplayName: person.name,
    userEmailAddress: person.upn,
    userProfileType: "office365",
    userTimeZone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
    timeZoneOffsets: [],
    hostVersion: "15.20.9000.0",
    owaView: window.innerWidth >= 1000 ? "ThreeColumns" : "OneColumn",
    isRestIdSupported: true,
    ewsUrl: `${location.origin}/EWS/Exchange.asmx`,
    restUrl: `${location.origin}/api`,
    isFromSharedFolder: isShared,
    entities: {},
    regExMatches: {},
    filteredEntities: {},
  };
}

/** The answer to `GetInitialData`, and the payload of `ItemChanged`; `null`: nothing is open. */
export function itemDictionary(message, situation) {
  if (!message) {
    return null;
  }
  const domain = situation.person.upn.split("@")[1];
  const party = ({ name, address }) => ({
    name: name || address,
    address,
    recipientType: address.endsWith(`@${domain}`) ? RECIPIENT.user : RECIPIENT.externalUser,
    appointmentResponse: 0,
  });
  return {
    ...reader(situation),
    itemType: message.isMeetingRequest ? ITEM.meetingRequest : ITEM.message,
    itemClass: message.isMeetingRequest ? "IPM.Schedule.Meeting.Request" : "IPM.Note",
    id: toEwsId(message.restId),
    subject: message.subject,
    normalizedSubject: message.subject.replace(/^((re|fw|fwd|aw|wg):\s*)+/i, ""),
    conversationId: toEwsId(message.conversationId ?? ""),
    internetMessageId: message.internetMessageId,
    from: message.from ? party(message.from) : undefined,
    sender: message.sender ? party(message.sender) : undefined,
    to: message.to.map(party),
    cc: message.cc.map(party),
    bcc: (message.bcc ?? []).map(party),
    attachments: message.attachments.map((attachment) => ({
      id: toEwsId(attachment.id),
      name: attachment.name,
      contentType: attachment.contentType,
      size: attachment.size,
      isInline: attachment.isInline,
      attachmentType: 0,
    })),
    dateTimeCreated: Date.parse(message.created),
    dateTimeModified: Date.parse(message.modified),
    dateTimeSent: Date.parse(message.sent),
    isRead: message.isRead,
  };
}

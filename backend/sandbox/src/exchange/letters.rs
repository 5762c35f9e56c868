//! The mail that the company's people find in their mailboxes: what was written, by whom, how long ago.
//!
//! Content only. It is there to look like a salesperson's week and to hold what programs stumble over:
//! threads, one mail in two mailboxes, an address shared by two records, markup in a subject, no subject, a
//! very long one, another language, meeting requests, strangers.

use super::message::{Importance, Party};
use crate::company::{
    ADA, BEN, CHIARA, Contact, DAN, INGRID, JUERGEN, LARS, Lead, MAEVE, PIETER, Person, QUEUE_ADDRESS,
    QUEUE_NAME, SOFIA, YUKI,
};

/// Name and address.
pub type Address = (&'static str, &'static str);

/// A file that a letter carries.
#[derive(Debug, Clone)]
pub struct File {
    pub name: &'static str,
    pub content_type: &'static str,
    /// Set for pictures inside the text.
    pub content_id: Option<&'static str>,
    pub content: Vec<u8>,
}

/// One letter, before it becomes a copy in each mailbox.
#[derive(Debug, Clone)]
pub struct Letter {
    /// How other letters refer to it.
    pub name: &'static str,
    pub answers: Option<&'static str>,
    pub from: Address,
    pub to: Vec<Address>,
    pub cc: Vec<Address>,
    pub minutes_ago: i64,
    pub subject: Option<&'static str>,
    pub html: &'static str,
    /// Plain text instead of HTML.
    pub text: Option<&'static str>,
    pub importance: Importance,
    pub files: Vec<File>,
    /// Starts in so many minutes, lasts so many, takes place there.
    pub meeting: Option<(i64, i64, &'static str)>,
    /// Folders into which a mailbox's owner has moved it, by object id.
    pub filed: Vec<(&'static str, &'static str)>,
    pub categories: Vec<(&'static str, Vec<&'static str>)>,
    pub read_by: Vec<&'static str>,
    pub flagged_by: Vec<&'static str>,
    pub is_newsletter: bool,
    pub is_draft: bool,
}

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

fn letter(
    name: &'static str,
    from: Address,
    to: &[Address],
    ago: i64,
    subject: &'static str,
    html: &'static str,
) -> Letter {
    Letter {
        name,
        answers: None,
        from,
        to: to.to_vec(),
        cc: Vec::new(),
        minutes_ago: ago,
        subject: Some(subject),
        html,
        text: None,
        importance: Importance::Normal,
        files: Vec::new(),
        meeting: None,
        filed: Vec::new(),
        categories: Vec::new(),
        read_by: Vec::new(),
        flagged_by: Vec::new(),
        is_newsletter: false,
        is_draft: false,
    }
}

impl Letter {
    fn answers(mut self, name: &'static str) -> Self {
        self.answers = Some(name);
        self
    }
    fn cc(mut self, cc: &[Address]) -> Self {
        self.cc = cc.to_vec();
        self
    }
    fn plain(mut self, text: &'static str) -> Self {
        self.text = Some(text);
        self
    }
    fn importance(mut self, importance: Importance) -> Self {
        self.importance = importance;
        self
    }
    fn file(mut self, name: &'static str, content_type: &'static str, content: impl Into<Vec<u8>>) -> Self {
        self.files.push(File { name, content_type, content_id: None, content: content.into() });
        self
    }
    fn picture(mut self, name: &'static str, content_id: &'static str, content: Vec<u8>) -> Self {
        self.files.push(File { name, content_type: "image/png", content_id: Some(content_id), content });
        self
    }
    fn filed(mut self, who: Person, path: &'static str) -> Self {
        self.filed.push((who.oid, path));
        self
    }
    fn categorized(mut self, who: Person, names: &[&'static str]) -> Self {
        self.categories.push((who.oid, names.to_vec()));
        self
    }
    fn read(mut self, who: Person) -> Self {
        self.read_by.push(who.oid);
        self
    }
    fn flagged(mut self, who: Person) -> Self {
        self.flagged_by.push(who.oid);
        self
    }
    fn newsletter(mut self) -> Self {
        self.is_newsletter = true;
        self
    }
}

fn person(person: Person) -> Address {
    (person.name, person.upn)
}

const fn contact(contact: &Contact, name: &'static str) -> Address {
    (name, contact.email)
}

const fn lead(lead: Lead, name: &'static str) -> Address {
    (name, lead.email)
}

pub fn party((name, address): Address) -> Party {
    Party::new(name, address)
}

/// A letter's text as the page that Outlook would have made of it.
pub fn page(html: &str, signed: &str) -> String {
    format!(
        "<html><head>\r\n<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">\r\n\
         <style type=\"text/css\">p {{ margin: 0 0 10px 0 }}</style></head>\r\n<body dir=\"ltr\">\r\n\
         <div style=\"font-family: Aptos, Calibri, Helvetica, sans-serif; font-size: 11pt; color: rgb(0, 0, 0)\">\r\n\
         {html}\r\n<p style=\"color: #5b6770\">{}</p>\r\n</div>\r\n</body></html>\r\n",
        super::post::escape_html(signed)
    )
}

/// A small but well-formed PDF of one empty page.
fn pdf() -> Vec<u8> {
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
      3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
        .to_vec()
}

/// A picture of one teal pixel.
fn pixel() -> Vec<u8> {
    vec![
        0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0,
        0, 0, 1, 8, 6, 0, 0, 0, 0x1f, 0x15, 0xc4, 0x89, 0, 0, 0, 0x0d, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda,
        0x63, 0x64, 0x60, 0xf8, 0x5f, 0x0f, 0, 0x02, 0x87, 0x01, 0x80, 0xeb, 0x47, 0xba, 0x92, 0, 0, 0, 0,
        0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
    ]
}

const INGRID_AT: Address = contact(&INGRID, "Ingrid Solheim");
const LARS_AT: Address = contact(&LARS, "Lars Nygaard");
const JUERGEN_AT: Address = contact(&JUERGEN, "Jürgen Weiß");
const MAEVE_AT: Address = contact(&MAEVE, "Maeve O'Hara");
const PIETER_AT: Address = contact(&PIETER, "Pieter van Dijk");
const YUKI_AT: Address = lead(YUKI, "Yuki Tanabe");
const SOFIA_AT: Address = lead(SOFIA, "Sofía Herrera");
const SALES_AT: Address = (QUEUE_NAME, QUEUE_ADDRESS);
const FJORDLINE_OFFICE: Address = ("Fjordline Marine AS", "office@fjordline.example");
const HELIOTECH_OFFICE: Address = ("Heliotech Solar GmbH", "info@heliotech.example");
const STRANGER: Address = ("Tomasz Zieliński", "t.zielinski@baltport.example");
const NEWS: Address = ("Instrument Weekly", "letter@instrument-weekly.example");

/// A subject longer than any list shows and than many databases hold.
const LONG_SUBJECT: &str = "Minutes of the kick-off meeting for the joint evaluation of multi-beam depth sounders, \
    hull-mounted transducers and the accompanying calibration service on board of the ferries Hjelmen, Sotra, Askøy, \
    Fedje, Radøy and Osterøy, including all open points, responsible persons, agreed dates, the list of spare parts to \
    be kept on stock in Bergen and Stavanger, and the questions that were raised by the harbour authority about electromagnetic \
    compatibility";

/// Every letter.
pub fn all() -> Vec<Letter> {
    let (ada, ben, chiara, dan) = (person(ADA), person(BEN), person(CHIARA), person(DAN));
    let mut letters = customers(ada, ben);
    letters.extend(oddities(ada, ben));
    letters.extend(colleagues(ada, ben, chiara, dan));
    letters.extend(others(ada, ben, chiara, dan));
    letters
}

fn customers(ada: Address, ben: Address) -> Vec<Letter> {
    vec![
        letter(
            "offer-request", INGRID_AT, &[ada], 9 * DAY + 3 * HOUR, "Depth sounders for our ferries",
            "<p>Dear Ada,</p><p>as discussed at the fair in Hamburg we are going to refit <b>twelve ferries</b> next \
             year. Could you send us an offer for the NL-40 with hull-mounted transducers, delivery from April on?</p>\
             <ul><li>12 × NL-40, display on the bridge</li><li>24 transducers, 200 kHz</li><li>installation guide in \
             Norwegian</li></ul><p>Best regards</p>",
        )
        .filed(ADA, "Customers/Fjordline")
        .categorized(ADA, &["Fjordline"]),
        letter(
            "offer", ada, &[INGRID_AT], 8 * DAY + 5 * HOUR, "RE: Depth sounders for our ferries",
            "<p>Dear Ingrid,</p><p>thank you for your request. Please find our offer attached; it holds until the end \
             of the year. Prices include the commissioning of the first ship.</p><p>Kind regards</p>",
        )
        .answers("offer-request")
        .cc(&[LARS_AT])
        .file("Offer N-2026-118.pdf", "application/pdf", pdf()),
        letter(
            "offer-question", LARS_AT, &[ada], 3 * DAY + 2 * HOUR, "RE: Depth sounders for our ferries",
            "<p>Hello Ada,</p><p>two questions from the engineering side:</p><ol><li>Does the NL-40 keep its depth \
             offset after a power cut?</li><li>Can the transducers be replaced afloat?</li></ol><p>Thanks</p>",
        )
        .answers("offer")
        .cc(&[INGRID_AT])
        .filed(ADA, "Customers/Fjordline"),
        letter(
            "offer-answer", ada, &[LARS_AT], 3 * DAY, "RE: Depth sounders for our ferries",
            "<p>Hello Lars,</p><p>yes to the first, since firmware 4.2; no to the second, I am afraid: the ship has to \
             be docked, the seal is part of the hull fitting.</p><p>Regards</p>",
        )
        .answers("offer-question")
        .cc(&[INGRID_AT]),
        letter(
            "offer-order", INGRID_AT, &[ada], 52, "RE: Depth sounders for our ferries",
            "<p>Dear Ada,</p><p>the board agreed this morning. If you can give us <b>4 % on the transducers</b>, we \
             will order before Friday. Who signs on your side?</p><p>Best regards</p>",
        )
        .answers("offer-answer")
        .cc(&[LARS_AT])
        .importance(Importance::High)
        .flagged(ADA),
        letter(
            "sounder-fault", LARS_AT, &[ada, SALES_AT], 26 * HOUR, "NL-40 loses signal in shallow water",
            "<p>Hello,</p><p>on <i>Hjelmen</i> the display shows dashes as soon as there is less than two metres below \
             the keel. See the picture from the bridge:</p><p><img src=\"cid:bridge@fjordline.example\" alt=\"The \
             display on the bridge shows dashes\" width=\"120\" height=\"60\"></p><p>Log of the last trip attached.</p>",
        )
        .picture("bridge.png", "bridge@fjordline.example", pixel())
        .file("hjelmen-trip.csv", "text/csv", "time,depth_m,signal\n08:00,4.1,98\n08:05,1.9,0\n")
        .importance(Importance::High),
        letter(
            "service-contract", FJORDLINE_OFFICE, &[ada], 5 * DAY + HOUR, "Service contract 2027: signed copy",
            "<p>Please find attached the signed copy of the service contract. The original is on its way by post.</p>\
             <p>Fjordline Marine AS, Office</p>",
        )
        .file("Service contract 2027 signed.pdf", "application/pdf", pdf())
        .filed(ADA, "Customers/Fjordline"),
        letter(
            "both-of-you", JUERGEN_AT, &[ada, ben], 95, "Site visit in Freiburg: who is coming?",
            "<p>Dear Ada, dear Ben,</p><p>we would like to show you the test field before phase 2 is decided. Would the \
             first week of December suit you both? There will be somebody from the grid operator as well.</p>\
             <p>Best wishes from Freiburg</p>",
        ),
        letter(
            "german", JUERGEN_AT, &[ada], 6 * HOUR, "Rückfrage zu Lieferzeiten für Einstrahlungssensoren",
            "<p>Sehr geehrte Frau Brandt,</p><p>für die zweite Ausbaustufe benötigen wir voraussichtlich 140 Sensoren. \
             Können Sie die Lieferung in drei Teillieferungen bis Ende März bestätigen? Bitte berücksichtigen Sie, \
             daß die Baustelle während der Feiertage geschlossen ist.</p><p>Mit freundlichen Grüßen</p>",
        ),
        letter(
            "maeve", MAEVE_AT, &[ada], 7 * HOUR + 20, "Total stations: demo next month?",
            "<p>Hi Ada,</p><p>we met at the fair, you promised me a look at the new total stations. Is there any chance \
             you are in Galway before Christmas? The quarry job will not wait.</p><p>Slán</p>",
        ),
        letter(
            "lead-yuki", YUKI_AT, &[ada], 3 * HOUR + 15, "Calibration for three sites, request for quotation",
            "<p>Dear Ms Brandt,</p><p>we operate optical benches in Nagano, Delft and Dresden and look for one partner \
             who calibrates all of them once a year. Could you name a price per visit, and the accreditation of your \
             laboratory?</p><table border=\"1\" cellpadding=\"4\"><tr><th>Site</th><th>Benches</th></tr><tr><td>Nagano\
             </td><td>6</td></tr><tr><td>Delft</td><td>2</td></tr><tr><td>Dresden</td><td>3</td></tr></table>\
             <p>Sincerely</p>",
        ),
        letter(
            "lead-yuki-thanks", ada, &[YUKI_AT], 2 * HOUR, "RE: Calibration for three sites, request for quotation",
            "<p>Dear Yuki,</p><p>thank you. You will have the quotation by Wednesday; the certificate of accreditation \
             is attached.</p>",
        )
        .answers("lead-yuki")
        .file("Accreditation.pdf", "application/pdf", pdf()),
        letter(
            "heliotech-office", HELIOTECH_OFFICE, &[ada, SALES_AT], 2 * DAY, "Change of our invoice address",
            "<p>Dear Sir or Madam,</p><p>from 1 December on please send all invoices to Heliotech Solar GmbH, \
             Rechnungswesen, Industriestraße 4, 79108 Freiburg.</p>",
        ),
        letter(
            "pieter", PIETER_AT, &[ada], 4 * DAY + 4 * HOUR, "Meridian: results of the comparison measurement",
            "<p>Hi Ada,</p><p>your probe was within 0.3 % of our reference on all five days. The details are in the \
             sheet. Shall we talk about the remaining budget of this year?</p>",
        )
        .file("comparison.csv", "text/csv", "day,reference,probe\n1,20.01,20.05\n2,19.98,20.02\n")
        .filed(ADA, "Customers/Meridian"),
        letter(
            "pieter-late", PIETER_AT, &[ada], 15, "Quick one: is the probe IP68?",
            "<p>Hi Ada, standing in front of the tank right now: IP68 or only IP67? Thanks! Pieter</p>",
        ),
    ]
}

fn oddities(ada: Address, ben: Address) -> Vec<Letter> {
    let mut nameless = letter(
        "no-subject",
        STRANGER,
        &[ada],
        5 * HOUR + 5,
        "",
        "<p>hello, i got your card from a colleague. do you sell the sonar also to small harbours? we are four people.</p>",
    );
    nameless.subject = None;
    vec![
        letter(
            "hostile",
            STRANGER,
            &[ada],
            4 * HOUR + 10,
            "<img src=x onerror=alert(1)> & \"quotes\" — <b>bold</b>",
            "<p>This mail tries to be nasty.</p><script>document.title = 'owned'</script><p onclick=\"alert(2)\">Click \
             me</p><p><a href=\"javascript:alert(3)\">or me</a></p>",
        ),
        letter("long-subject", LARS_AT, &[ada], DAY + 4 * HOUR, LONG_SUBJECT, "<p>See attached minutes.</p>")
            .file("Minutes.txt", "text/plain", "Present: Solheim, Nygaard, Brandt.\n1. Scope\n2. Dates\n"),
        nameless,
        letter(
            "plain-text",
            ("Port of Askøy", "harbour@askoy-port.example"),
            &[ada],
            30 * HOUR,
            "Berth 4 on Thursday",
            "",
        )
        .plain(
            "Good morning,\n\nberth 4 is free on Thursday from 10:00 to 14:00 for your trials.\n\
                 Please bring your own power supply (230 V, 16 A).\n\n-- \nPort of Askøy",
        ),
        letter(
            "meeting",
            BEN_AT,
            &[ada, JUERGEN_AT],
            8 * HOUR,
            "Heliotech phase 2: preparation",
            "<p>Half an hour to go through the numbers before the site visit.</p>",
        )
        .meeting(2 * DAY, 30, "Room Polaris"),
        letter(
            "ben-to-maeve",
            ben,
            &[MAEVE_AT],
            2 * DAY + HOUR,
            "Your total stations",
            "<p>Dear Maeve,</p><p>the loan units left our house today.</p>",
        )
        .cc(&[ada]),
    ]
}

const BEN_AT: Address = (BEN.name, BEN.upn);

impl Letter {
    fn meeting(mut self, in_minutes: i64, lasts: i64, location: &'static str) -> Self {
        self.meeting = Some((in_minutes, lasts, location));
        self
    }
}

fn colleagues(ada: Address, ben: Address, chiara: Address, dan: Address) -> Vec<Letter> {
    vec![
        letter(
            "pipeline", ben, &[ada], 20 * HOUR, "Pipeline review on Monday",
            "<p>Hi Ada,</p><p>shall we take Fjordline first? I updated the numbers for Heliotech and O'Hara in the \
             CRM.</p><p>Ben</p>",
        )
        .read(ADA),
        letter(
            "pipeline-answer", ada, &[ben], 19 * HOUR, "RE: Pipeline review on Monday",
            "<p>Fine with me. Nine o'clock, bring coffee.</p>",
        )
        .answers("pipeline"),
        letter(
            "training", chiara, &[ada], 28 * HOUR, "Which template for quotations?",
            "<p>Ciao Ada,</p><p>there are three templates in the folder, the newest is from 2023. Is it the right \
             one?</p><p>Grazie</p>",
        )
        .categorized(ADA, &["Waiting for answer"]),
        letter(
            "expenses", dan, &[ada, ben, chiara], 50 * HOUR, "Travel expenses: please until the 25th",
            "<p>Dear all,</p><p>please hand in the November travel expenses until the 25th. Receipts as PDF, one file \
             each.</p><p>Dan</p>",
        )
        .importance(Importance::Low),
        letter(
            "invoice-check", ada, &[dan], 2 * DAY + 2 * HOUR, "Invoice 4711 to Fjordline",
            "<p>Hi Dan,</p><p>could you check whether invoice 4711 was paid? Ingrid says yes.</p>",
        ),
        letter(
            "invoice-checked", dan, &[ada], 2 * DAY, "RE: Invoice 4711 to Fjordline",
            "<p>Paid yesterday, 12,400.00 EUR.</p>",
        )
        .answers("invoice-check"),
        letter(
            "birthday", ("Clara Brandt", "clara@brandt-family.example"), &[ada], 32 * HOUR, "Sunday",
            "<p>Hi sis, mum asks whether you bring the cake or the candles. C.</p>",
        )
        .categorized(ADA, &["Family"]),
        letter(
            "newsletter", NEWS, &[ada, ben], 12 * HOUR, "This week: fibre-optic flow sensors",
            "<h2>Instrument Weekly</h2><p>Fibre-optic flow sensors leave the laboratory. Plus: what the new directive \
             means for shipborne sounders.</p><p style=\"font-size: 9pt\">You get this letter because you subscribed. \
             <a href=\"https://instrument-weekly.example/leave\">Unsubscribe</a></p>",
        )
        .newsletter(),
        letter(
            "prize", ("Prize Office", "winner@lottery.example"), &[ada], 11 * HOUR, "You have won!!!",
            "<p>Click <a href=\"https://lottery.example/claim\">here</a> to claim your prize.</p>",
        )
        .newsletter()
        .filed(ADA, "junkemail"),
        letter(
            "old-fair", MAEVE_AT, &[ada], 70 * DAY, "Nice to meet you in Hamburg",
            "<p>Hi Ada, it was a pleasure. Send me the brochure when you can. Maeve</p>",
        )
        .filed(ADA, "archive"),
        letter(
            "thrown-away", STRANGER, &[ada], 15 * DAY, "Old price list",
            "<p>Please ignore my last mail, I found the price list.</p>",
        )
        .filed(ADA, "deleteditems"),
    ]
}

fn others(ada: Address, ben: Address, chiara: Address, dan: Address) -> Vec<Letter> {
    let mut draft = letter(
        "draft",
        ada,
        &[INGRID_AT],
        40,
        "Discount on transducers",
        "<p>Dear Ingrid,</p><p>about the 4 %: I can offer</p>",
    );
    draft.is_draft = true;
    vec![
        draft,
        letter(
            "sofia",
            SOFIA_AT,
            &[ben],
            5 * HOUR,
            "Tender 2027: flow meters",
            "<p>Estimado Ben,</p><p>the documents of the tender are online since today. Questions until 10 December, \
             please. Would you like to visit the plant before?</p><p>Saludos</p>",
        ),
        letter(
            "maeve-ben",
            MAEVE_AT,
            &[ben],
            9 * HOUR,
            "RE: Your total stations",
            "<p>Dear Ben,</p><p>arrived in one piece, but the transport case is broken at one hinge.</p>",
        )
        .answers("ben-to-maeve"),
        letter(
            "heliotech-price",
            JUERGEN_AT,
            &[ben],
            3 * DAY,
            "Preisliste 2027",
            "<p>Hallo Herr Okafor,</p><p>gibt es die Preisliste 2027 schon? Viele Grüße</p>",
        )
        .categorized(BEN, &["Tracked to Dynamics 365"]),
        letter(
            "ben-dentist",
            ("Practice Dr. Lund", "termin@praxis-lund.example"),
            &[ben],
            26 * HOUR,
            "Your appointment",
            "<p>We remind you of your appointment on Tuesday, 8:15.</p>",
        )
        .categorized(BEN, &["Family"]),
        letter(
            "pieter-chiara",
            PIETER_AT,
            &[chiara],
            6 * HOUR,
            "Spare membranes",
            "<p>Hi Chiara,</p><p>please send ten spare membranes for the probe, same address as last time.</p>",
        ),
        letter(
            "chiara-welcome",
            ada,
            &[chiara],
            12 * DAY,
            "Welcome to the team",
            "<p>Dear Chiara,</p><p>welcome aboard! Your first customer is Meridian in Utrecht, they are kind.</p>",
        ),
        letter(
            "chiara-course",
            ("Sales Academy", "courses@sales-academy.example"),
            &[chiara],
            3 * DAY,
            "Course: negotiating",
            "<p>Your place is confirmed.</p>",
        )
        .categorized(CHIARA, &["Training"]),
        letter(
            "dan-invoice",
            HELIOTECH_OFFICE,
            &[dan],
            8 * HOUR,
            "Invoice 4720: wrong address",
            "<p>Dear Mr Whitfield,</p><p>invoice 4720 still bears our old address. Please correct it.</p>",
        )
        .categorized(DAN, &["Invoices"]),
        letter(
            "sales-new",
            STRANGER,
            &[SALES_AT],
            2 * HOUR + 30,
            "Sonar for a small harbour",
            "<p>Good day,</p><p>we run a small harbour near Gdynia and need to survey the basin twice a year. Do you \
             rent equipment?</p>",
        ),
        letter(
            "sales-meridian",
            PIETER_AT,
            &[SALES_AT],
            22 * HOUR,
            "Return of loan equipment",
            "<p>Hello,</p><p>where shall we send the loan probe? It has done its work.</p>",
        ),
        letter(
            "sales-sofia",
            SOFIA_AT,
            &[SALES_AT, ben],
            30 * HOUR,
            "Brochure flow meters",
            "<p>Please send us the brochure in Spanish, printed if possible.</p>",
        ),
    ]
}

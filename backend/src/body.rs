//! The content of a mail, on its way from Exchange to the CRM: the one thing of a message that both sides
//! handle and that the rules never see. It must never be printed or stored.

use bytes::Bytes;
use shared::problem::Problem;
use shared::settings::{NotAdmitted, Settings};

/// HTML of a message's body. The type's `Debug` says only how long it is.
#[derive(Clone, PartialEq, Eq)]
pub struct Body(pub String);

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Body({} bytes)", self.0.len())
    }
}

/// What of a message goes into the CRM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub body: Body,
    /// In the order of the message.
    pub attachments: Vec<Attachment>,
}

/// All files of one message together, in bytes: what fits one request to the CRM in base64, with room to spare.
const LARGEST_TOTAL_BYTES: u64 = 64 * 1024 * 1024;
/// Files of one message; a request to the CRM may hold 1,000 writes.
const MOST_FILES: usize = 500;

impl Content {
    /// The content as the organization's settings let it into the CRM: files that are too large, of a kind that is
    /// not allowed, or too many for one request, are left out.
    #[must_use]
    pub fn admitted_by(self, settings: &Settings) -> Self {
        let (mut total, mut count) = (0, 0);
        let admit = |attachment| {
            let Attachment::File(file) = attachment else { return attachment };
            let size = file.bytes.len() as u64;
            let because = match settings.admits(&file.name, size) {
                Err(NotAdmitted::TooLarge) => LeftOutBecause::TooLarge,
                Err(NotAdmitted::Blocked) => LeftOutBecause::Blocked,
                Ok(()) if count >= MOST_FILES || total + size > LARGEST_TOTAL_BYTES => {
                    LeftOutBecause::TooMany
                }
                Ok(()) => {
                    total += size;
                    count += 1;
                    return Attachment::File(file);
                }
            };
            Attachment::LeftOut(LeftOut { name: file.name, size, because })
        };
        Self { body: self.body, attachments: self.attachments.into_iter().map(admit).collect() }
    }

    /// The mail's own words in it, which no stored reason may repeat.
    pub fn texts(&self) -> Vec<&str> {
        let names = self.attachments.iter().map(|attachment| match attachment {
            Attachment::File(file) => file.name.as_str(),
            Attachment::LeftOut(left) => left.name.as_str(),
        });
        std::iter::once(self.body.0.as_str()).chain(names).collect()
    }

    /// How many attachments stay in Outlook.
    pub fn left_out(&self) -> usize {
        self.attachments.iter().filter(|a| matches!(a, Attachment::LeftOut(_))).count()
    }
}

/// Something attached to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attachment {
    File(AttachedFile),
    /// It stays in Outlook; the CRM's email says so.
    LeftOut(LeftOut),
}

/// A file attached to a message, or shown in its body.
#[derive(Clone, PartialEq, Eq)]
pub struct AttachedFile {
    /// Hostile text.
    pub name: String,
    /// MIME type as the message claims it.
    pub content_type: String,
    /// `Content-ID` without its angle brackets: what a `cid:` address in the body names.
    pub content_id: Option<String>,
    pub place: Place,
    pub bytes: Bytes,
}

/// Where a file of a message is to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the list of attachments.
    Listed,
    /// In the body, by its content id.
    Inline,
}

/// An attachment that does not go into the CRM.
#[derive(Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Hostile text.
    pub name: String,
    /// In bytes.
    pub size: u64,
    pub because: LeftOutBecause,
}

/// Why an attachment does not go into the CRM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOutBecause {
    /// It is larger than the organization allows.
    TooLarge,
    /// The organization does not allow files with this ending.
    Blocked,
    /// All files together are too many, or too much, for one email of the CRM.
    TooMany,
    /// It is no file: a message, an appointment, a link to a file in the cloud.
    NoFile,
}

impl std::fmt::Debug for AttachedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AttachedFile({:?}, {} bytes)", self.place, self.bytes.len())
    }
}

impl std::fmt::Debug for LeftOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LeftOut({:?}, {} bytes)", self.because, self.size)
    }
}

/// So many characters in a row that also stand in a mail are a quotation.
const QUOTED_CHARS: usize = 24;

/// The problem without the words of the mail it is about: a reason that repeats one of `texts`, or a longer
/// piece of it, gives way to the error's bare code. Where no text is known, no words can be trusted.
#[must_use]
pub fn unquoted(mut problem: Problem, texts: &[&str]) -> Problem {
    let bare = problem.facts.iter().find(|f| f.name == "error").map_or("…", |f| &f.value).to_owned();
    for fact in problem.facts.iter_mut().filter(|f| f.name == "reason") {
        if texts.is_empty() || texts.iter().any(|text| quotes(&fact.value, text)) {
            fact.value.clone_from(&bare);
        }
    }
    problem
}

fn quotes(line: &str, text: &str) -> bool {
    let (line, text) = (line.to_lowercase(), text.trim().to_lowercase());
    if text.chars().count() < 4 {
        return false;
    }
    if text.chars().count() <= QUOTED_CHARS {
        return line.contains(&text);
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let chars: Vec<char> = line.chars().collect();
    chars.windows(QUOTED_CHARS).any(|window| text.contains(&window.iter().collect::<String>()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared::problem::Code;

    fn file(name: &str, size: usize) -> Attachment {
        Attachment::File(AttachedFile {
            name: name.to_owned(),
            content_type: String::new(),
            content_id: None,
            place: Place::Listed,
            bytes: Bytes::from(vec![0; size]),
        })
    }

    fn left(content: Content, settings: &Settings) -> Vec<Option<LeftOutBecause>> {
        let admitted = content.admitted_by(settings);
        let because = |a: &Attachment| match a {
            Attachment::File(_) => None,
            Attachment::LeftOut(left) => Some(left.because),
        };
        let all: Vec<_> = admitted.attachments.iter().map(because).collect();
        assert_eq!(admitted.left_out(), all.iter().flatten().count());
        all
    }

    #[test]
    fn files_that_the_organization_does_not_take_are_left_out_and_the_others_stay_in_their_order() {
        let settings = Settings {
            largest_attachment_bytes: 10,
            blocked_endings: vec!["exe".to_owned()],
            ..Settings::default()
        };
        let attachments = vec![file("a.pdf", 10), file("b.pdf", 11), file("c.EXE", 1), file("d", 0)];
        let content = Content { body: Body(String::new()), attachments };
        let expected = [None, Some(LeftOutBecause::TooLarge), Some(LeftOutBecause::Blocked), None];
        assert_eq!(left(content, &settings), expected);
    }

    #[test]
    fn more_files_than_one_request_holds_are_left_out() {
        let settings = Settings { largest_attachment_bytes: u64::MAX, ..Settings::default() };
        let content = Content {
            body: Body(String::new()),
            attachments: vec![file("a", 40 << 20), file("b", 30 << 20), file("c", 24 << 20), file("d", 1)],
        };
        let expected = [None, Some(LeftOutBecause::TooMany), None, Some(LeftOutBecause::TooMany)];
        assert_eq!(left(content, &settings), expected);
        let many =
            Content { body: Body(String::new()), attachments: (0..501).map(|_| file("x", 0)).collect() };
        assert_eq!(left(many, &settings).iter().flatten().count(), 1);
    }

    #[test]
    fn a_reason_that_names_a_file_of_the_mail_is_not_kept() {
        let content = Content { body: Body(String::new()), attachments: vec![file("offer 4711.pdf", 1)] };
        assert_eq!(reason("Offer 4711.pdf is infected.", &content.texts()), "0x80040265");
        assert_eq!(reason("A file is infected.", &content.texts()), "A file is infected.");
    }

    #[test]
    fn no_name_of_a_file_is_printed() {
        let content = Content { body: Body("secret".into()), attachments: vec![file("secret.pdf", 1)] };
        let printed = format!(
            "{content:?} {:?}",
            content.clone().admitted_by(&Settings { largest_attachment_bytes: 0, ..Settings::default() })
        );
        assert!(!printed.contains("secret"), "{printed}");
    }

    fn reason(words: &str, texts: &[&str]) -> String {
        let problem = Problem::new(Code::CrmRefused).because("reason", words).because("error", "0x80040265");
        unquoted(problem, texts).facts[0].value.clone()
    }

    #[test]
    fn a_plug_in_is_quoted_unless_it_quotes_the_mail() {
        let mail = ["Offer 4711 for twelve ferries, confidential", "ada@contoso.example"];
        assert_eq!(reason("Credit limit exceeded.", &mail), "Credit limit exceeded.");
        for words in [
            "Refused: Offer 4711 for twelve ferries, confidential",
            "Refused: ... twelve FERRIES, confidential ...",
            "Sender ada@contoso.example is blocked",
        ] {
            assert_eq!(reason(words, &mail), "0x80040265", "{words}");
        }
        assert_eq!(reason("Credit limit exceeded.", &[]), "0x80040265");
    }
}

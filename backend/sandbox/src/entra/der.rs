//! Just enough DER to find the numbers of an RSA key and the public key of a certificate.
//!
//! It reads what a caller of the control plane hands in, so every length is checked.

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;
/// `[0] EXPLICIT`, the version of a certificate.
const VERSION: u8 = 0xa0;

/// One element: its tag, its content, the whole of it, and what follows.
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    whole: &'a [u8],
    rest: &'a [u8],
}

fn element(input: &[u8]) -> Option<Element<'_>> {
    let (&tag, after_tag) = input.split_first()?;
    let (&first, after_first) = after_tag.split_first()?;
    let (length, body) = if first < 0x80 {
        (usize::from(first), after_first)
    } else {
        let (digits, body) = after_first.split_at_checked(usize::from(first & 0x7f))?;
        if digits.is_empty() || digits.len() > 4 {
            return None;
        }
        (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), body)
    };
    let (content, rest) = body.split_at_checked(length)?;
    Some(Element { tag, content, whole: &input[..input.len() - rest.len()], rest })
}

fn expect(tag: u8, input: &[u8]) -> Option<Element<'_>> {
    element(input).filter(|element| element.tag == tag)
}

/// Modulus and exponent of an `RSAPublicKey`, without leading zeros.
pub(super) fn rsa_numbers(public_key: &[u8]) -> Option<(&[u8], &[u8])> {
    let modulus = expect(INTEGER, expect(SEQUENCE, public_key)?.content)?;
    let exponent = expect(INTEGER, modulus.rest)?;
    Some((without_leading_zeros(modulus.content), without_leading_zeros(exponent.content)))
}

fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|digit| **digit == 0).count();
    &number[zeros..]
}

/// The `SubjectPublicKeyInfo` of an X.509 certificate.
pub(super) fn public_key_of_certificate(certificate: &[u8]) -> Option<&[u8]> {
    let to_be_signed = expect(SEQUENCE, expect(SEQUENCE, certificate)?.content)?;
    let mut rest = to_be_signed.content;
    if let Some(version) = expect(VERSION, rest) {
        rest = version.rest;
    }
    // serial number, signature algorithm, issuer, validity, subject
    for _ in 0..5 {
        rest = element(rest)?.rest;
    }
    Some(expect(SEQUENCE, rest)?.whole)
}

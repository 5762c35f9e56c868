//! The throw-away certificate authority behind every HTTPS address of a development machine.
//!
//! One authority signs for the sandbox and for the server of the pane, so that a browser or a test has to
//! trust one certificate. It signs loopback names only, so that a leaked key cannot stand for anybody else.

use crate::World;
use crate::world::state::{StateError, write_whole};
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints,
};
use std::path::Path;
use std::sync::{Arc, PoisonError};

const CA_FILE: &str = "ca.pem";
const KEY_FILE: &str = "ca-key.pem";
/// What a certificate is issued for.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
const CA_DAYS: i64 = 3650;
/// The longest that the stricter clients accept.
const CERTIFICATE_DAYS: i64 = 390;

/// Signs certificates for servers on loopback.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    ca_pem: String,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

/// A server's certificate for localhost, 127.0.0.1 and ::1, with its private key.
#[derive(Clone)]
pub struct Certificate {
    /// The certificate, then the authority's.
    pub chain_pem: String,
    /// PKCS #8.
    pub key_pem: String,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").finish_non_exhaustive()
    }
}

impl Authority {
    /// A new authority, valid from a day before `now`.
    pub fn new(now: jiff::Timestamp) -> Self {
        let key = KeyPair::generate().expect("the machine has randomness");
        let mut params = ca_params();
        limit_validity(&mut params, now, CA_DAYS);
        let ca_pem = params.self_signed(&key).expect("the authority's own parameters are valid").pem();
        Self { issuer: Issuer::new(params, key), ca_pem }
    }

    /// The authority kept in a folder; born and put there where there is none.
    pub fn kept_in(folder: &Path, now: jiff::Timestamp) -> Result<Self, StateError> {
        let (ca_file, key_file) = (folder.join(CA_FILE), folder.join(KEY_FILE));
        if ca_file.exists() && key_file.exists() {
            let read = |file: &Path| {
                std::fs::read_to_string(file)
                    .map_err(|reason| StateError::Unreadable { file: file.to_owned(), reason })
            };
            let (ca_pem, key_pem) = (read(&ca_file)?, read(&key_file)?);
            let key = KeyPair::from_pem(&key_pem)
                .map_err(|reason| StateError::Authority { file: key_file, reason: reason.to_string() })?;
            return Ok(Self { issuer: Issuer::new(ca_params(), key), ca_pem });
        }
        let authority = Self::new(now);
        for (file, text) in
            [(key_file, authority.issuer.key().serialize_pem()), (ca_file, authority.ca_pem.clone())]
        {
            write_whole(&file, text.as_bytes()).map_err(|reason| StateError::Unwritable { file, reason })?;
        }
        Ok(authority)
    }

    /// The certificate to trust, as PEM.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// A certificate for another server on this machine, e.g. that of the pane.
    pub fn issue(&self, now: jiff::Timestamp) -> Certificate {
        let key = KeyPair::generate().expect("the machine has randomness");
        let names = NAMES.map(str::to_owned).to_vec();
        let mut params = CertificateParams::new(names).expect("the names are valid");
        params.distinguished_name.push(DnType::CommonName, NAMES[0]);
        params.use_authority_key_identifier_extension = true;
        params.key_usages.push(KeyUsagePurpose::DigitalSignature);
        params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
        limit_validity(&mut params, now, CERTIFICATE_DAYS);
        let certificate = params.signed_by(&key, &self.issuer).expect("the authority may sign");
        Certificate { chain_pem: certificate.pem() + &self.ca_pem, key_pem: key.serialize_pem() }
    }
}

/// The same for every authority, so that one read back from its folder signs under the same name.
fn ca_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Regarding sandbox, this machine only");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let loopback = [
        GeneralSubtree::DnsName("localhost".to_owned()),
        GeneralSubtree::IpAddress(CidrSubnet::from_v4_prefix([127, 0, 0, 0], 8)),
        GeneralSubtree::IpAddress(CidrSubnet::from_v6_prefix(std::net::Ipv6Addr::LOCALHOST.octets(), 128)),
    ];
    params.name_constraints =
        Some(NameConstraints { permitted_subtrees: loopback.to_vec(), excluded_subtrees: Vec::new() });
    params
}

/// Valid from a day ago, since clocks differ, for a number of days; rcgen counts in whole days.
fn limit_validity(params: &mut CertificateParams, now: jiff::Timestamp, days: i64) {
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let numbers = |days: i64| {
        let date = today.saturating_add(jiff::Span::new().days(days));
        let unsigned = |number: i8| number.unsigned_abs();
        (i32::from(date.year()), unsigned(date.month()), unsigned(date.day()))
    };
    let ((year, month, day), (last_year, last_month, last_day)) = (numbers(-1), numbers(days));
    params.not_before = rcgen::date_time_ymd(year, month, day);
    params.not_after = rcgen::date_time_ymd(last_year, last_month, last_day);
}

impl World {
    /// The certificate authority, born at first use; kept in the state folder where there is one.
    pub fn authority(&self) -> Result<Arc<Authority>, StateError> {
        let mut kept = self.authority.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(authority) = &*kept {
            return Ok(authority.clone());
        }
        // Clients judge certificates by the machine's clock, whatever the tenant's clock says.
        let now = jiff::Timestamp::now();
        let authority = Arc::new(match &self.options.state_dir {
            Some(folder) => Authority::kept_in(folder, now)?,
            None => Authority::new(now),
        });
        *kept = Some(authority.clone());
        Ok(authority)
    }
}

//! The packs of this build and their files.

use super::{Bank, Pack, PackError, file};

/// A pack as the list of packs shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What is in it.
    pub title: &'static str,
    files: &'static [(&'static str, &'static str)],
}

macro_rules! files {
    ($pack:literal: $($key:literal)+) => {
        &[$(($key, include_str!(concat!("../../packs/", $pack, "/", $key, ".toml")))),+]
    };
}

/// Every pack of this build.
pub const SUMMARIES: &[Summary] = &[
    Summary {
        name: "korea",
        title: "Korean banks, and the relay of virtual accounts",
        files: files!("korea": "kb" "shinhan" "nonghyup" "woori" "hana" "ibk" "kakaobank" "tossbank" "kbank" "saemaul"
            "epost" "sc" "suhyup" "shinhyup" "busan" "im" "relay"),
    },
    Summary {
        name: "vietnam",
        title: "Vietnamese banks",
        files: files!("vietnam": "vietcombank" "techcombank" "mbbank" "acb" "bidv" "vietinbank" "agribank" "tpbank"),
    },
    Summary { name: "thailand", title: "Thai banks", files: files!("thailand": "kbank" "scb" "krungthai" "bangkok") },
    Summary {
        name: "bangladesh",
        title: "Mobile money of Bangladesh",
        files: files!("bangladesh": "bkash" "nagad" "rocket" "upay"),
    },
    Summary {
        name: "india",
        title: "Indian banks, UPI and transfers",
        files: files!("india": "hdfc" "sbi" "icici" "axis" "kotak"),
    },
    Summary { name: "china", title: "Chinese banks", files: files!("china": "icbc" "ccb" "abc" "boc" "cmb") },
    Summary { name: "mpesa", title: "M-Pesa of Kenya", files: files!("mpesa": "mpesa") },
];

/// The pack of that name; `None` where there is none.
///
/// # Errors
/// Where one of its files cannot be read.
pub fn pack(name: &str) -> Result<Option<Pack>, PackError> {
    SUMMARIES.iter().find(|summary| summary.name == name).map(Summary::read).transpose()
}

impl Summary {
    /// The keys of its banks: what `--bank` takes.
    pub fn bank_keys(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.files.iter().map(|(key, _)| *key)
    }

    /// Reads the pack.
    ///
    /// # Errors
    /// Where one of its files cannot be read.
    pub fn read(&self) -> Result<Pack, PackError> {
        let banks: Result<Vec<Bank>, PackError> = self.files.iter().map(|(key, text)| file::read(key, text)).collect();
        Ok(Pack { name: self.name, banks: banks? })
    }
}

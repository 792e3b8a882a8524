//! The fields of a template and the types they are read as.

crate::text_enum! {
    /// What a marked place of a template holds.
    pub enum FieldName {
        /// The money that moved.
        Amount = "amount",
        /// The balance after it.
        Balance = "balance",
        /// The depositor.
        Name = "name",
        /// The own account, perhaps masked.
        Account = "account",
        /// The day.
        Date = "date",
        /// The time of day.
        Time = "time",
        /// Day and time in one.
        Datetime = "datetime",
        /// A payment reference.
        Reference = "reference",
        /// The kind of transaction.
        Kind = "kind",
        /// The bank that the money came from.
        SenderBank = "sender_bank",
        /// A memo.
        Memo = "memo",
    }
}

crate::text_enum! {
    /// How the text of a field is read. Written behind a colon: `{amount:money(eu)}`.
    pub enum FieldType {
        /// Money: `1,234.56`, with the decimals of the template's currency.
        Money = "money",
        /// Money in Indian groups: `1,00,000.00`.
        MoneyIn = "money(in)",
        /// Money in European groups: `1.000,50`, `6 606,02`.
        MoneyEu = "money(eu)",
        /// A date, year first, or month first where there is none.
        Date = "date",
        /// A date, day first.
        DateDmy = "date(dmy)",
        /// A date, month first.
        DateMdy = "date(mdy)",
        /// A time of day.
        Time = "time",
        /// A date and a time.
        Datetime = "datetime",
        /// An account number, with `*` for what is hidden.
        Account = "account",
        /// Anything within a line.
        Text = "text",
        /// Anything without white space.
        Word = "word",
        /// Digits.
        Int = "int",
    }
}

impl FieldName {
    /// The field of a name in English or in Korean.
    pub(super) fn of(word: &str) -> Option<Self> {
        let alias = match word {
            "금액" | "입금액" | "거래금액" => Self::Amount,
            "잔액" => Self::Balance,
            "입금자" | "입금자명" | "이름" | "성명" => Self::Name,
            "계좌" | "계좌번호" => Self::Account,
            "날짜" | "일자" => Self::Date,
            "시간" | "시각" => Self::Time,
            "일시" => Self::Datetime,
            "참조" | "참조번호" => Self::Reference,
            "구분" | "종류" => Self::Kind,
            "은행" | "송금은행" => Self::SenderBank,
            "메모" | "적요" => Self::Memo,
            _ => return word.parse().ok(),
        };
        Some(alias)
    }

    /// The type of the field where none is written.
    pub(super) fn default_type(self) -> FieldType {
        match self {
            Self::Amount | Self::Balance => FieldType::Money,
            Self::Date => FieldType::Date,
            Self::Time => FieldType::Time,
            Self::Datetime => FieldType::Datetime,
            Self::Account => FieldType::Account,
            Self::Reference => FieldType::Word,
            Self::Name | Self::Kind | Self::SenderBank | Self::Memo => FieldType::Text,
        }
    }

    /// Whether the field can be read as `kind`.
    pub(super) fn takes(self, kind: FieldType) -> bool {
        use FieldType as T;
        match self {
            Self::Amount | Self::Balance => matches!(kind, T::Money | T::MoneyIn | T::MoneyEu),
            Self::Date => matches!(kind, T::Date | T::DateDmy | T::DateMdy),
            Self::Time => kind == T::Time,
            Self::Datetime => kind == T::Datetime,
            Self::Account => matches!(kind, T::Account | T::Text | T::Word | T::Int),
            Self::Name | Self::Reference | Self::Kind | Self::SenderBank | Self::Memo => {
                matches!(kind, T::Text | T::Word | T::Int)
            }
        }
    }

    /// The most characters that a value may have. A name is 1 to 40 characters of one line.
    pub(super) fn longest(self) -> usize {
        if self == Self::Memo { 200 } else { 40 }
    }
}

impl FieldType {
    /// Whether a value of the type is made of digits, so that digits beside it could be a part of it.
    pub(super) fn is_numeric(self) -> bool {
        !matches!(self, Self::Text | Self::Word)
    }
}

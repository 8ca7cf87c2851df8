//! The fixed tables, as Diesel sees them. Collections of the journal are described in `journal::collections`.

use super::types::sql::{Day, Id, Moment};

diesel::table! {
    use diesel::sql_types::{Binary, Nullable, SmallInt, Text};
    use super::{Id, Moment};
    /// One row an account. Words and names are sealed; `data_key` is wrapped by the master key.
    accounts (account_id) {
        account_id -> Id,
        role -> Text,
        email -> Binary,
        display_name -> Nullable<Binary>,
        time_zone -> Text,
        day_starts_at -> SmallInt,
        country -> Nullable<Text>,
        locale -> Text,
        password_hash -> Text,
        created_at -> Moment,
        updated_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::Binary;
    use super::Id;
    /// The wrapped data key of an account, apart from the rest so that erasing begins with it.
    data_keys (account_id) {
        account_id -> Id,
        wrapped -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::Binary;
    use super::{Id, Moment};
    /// Which account an address belongs to; the key is a keyed hash of the address.
    email_addresses (email_hash) {
        email_hash -> Binary,
        account_id -> Id,
    }
}

diesel::table! {
    use diesel::sql_types::BigInt;
    use super::Id;
    /// A journal's revision and epoch.
    journals (account_id) {
        account_id -> Id,
        revision -> BigInt,
        epoch -> Id,
    }
}

diesel::table! {
    use diesel::sql_types::{Binary, Nullable};
    use super::{Id, Moment};
    /// A signed-in device.
    login_sessions (account_id, session_id) {
        account_id -> Id,
        session_id -> Id,
        device_name -> Nullable<Binary>,
        created_at -> Moment,
        last_used_at -> Moment,
        refresh_hash -> Binary,
        previous_hash -> Nullable<Binary>,
        superseded_at -> Nullable<Moment>,
        rotated_at -> Moment,
        successor -> Nullable<Binary>,
    }
}

diesel::table! {
    use diesel::sql_types::Text;
    use super::{Id, Moment};
    /// What happened to an account's security: kept for the person, without content.
    security_events (account_id, event_id) {
        account_id -> Id,
        event_id -> Id,
        at -> Moment,
        kind -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Nullable};
    use super::{Id, Moment};
    /// What is shown beside the password; `secret` is sealed.
    second_factors (account_id) {
        account_id -> Id,
        secret -> Binary,
        active_at -> Nullable<Moment>,
        last_step -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::Binary;
    use super::Id;
    /// Hashes of the codes that stand in for a lost second factor.
    recovery_codes (account_id, code_hash) {
        account_id -> Id,
        code_hash -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::{Binary, Integer, Nullable, Text};
    use super::{Id, Moment};
    /// Mails to be sent, and lately sent; the key is a keyed hash of the address.
    mails (email_hash, mail_id) {
        email_hash -> Binary,
        mail_id -> Id,
        kind -> Text,
        sealed -> Nullable<Binary>,
        created_at -> Moment,
        expires_at -> Moment,
        attempts -> Integer,
        next_at -> Nullable<Moment>,
        sent_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::Binary;
    use super::Moment;
    /// Accounts that wait for their address to be confirmed, sealed under the link.
    registrations (token_hash) {
        token_hash -> Binary,
        sealed -> Binary,
        expires_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::Binary;
    use super::{Id, Moment};
    /// Links by which a new password may be chosen.
    password_resets (account_id, token_hash) {
        account_id -> Id,
        token_hash -> Binary,
        expires_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::Binary;
    use super::Moment;
    /// Who may open an account by invitation.
    admissions (code_hash) {
        code_hash -> Binary,
        email_hash -> Binary,
        expires_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::{Binary, Integer};
    use super::Moment;
    /// Wrong passwords by address, known or not.
    login_failures (email_hash) {
        email_hash -> Binary,
        failures -> Integer,
        last_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::{Binary, Nullable, Text};
    use super::{Id, Moment};
    /// What a member shares; `words` is JSON, sealed; `scopes` is JSON.
    shares (account_id, share_id) {
        account_id -> Id,
        share_id -> Id,
        status -> Text,
        recipient_role -> Text,
        recipient_id -> Nullable<Id>,
        email_hash -> Binary,
        scopes -> Text,
        created_at -> Moment,
        expires_at -> Moment,
        accepted_at -> Nullable<Moment>,
        ended_at -> Nullable<Moment>,
        consent_version -> Text,
        consent_sha256 -> Text,
        words -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::Binary;
    use super::Id;
    /// Which shares are offered to an address; the key is a keyed hash of the address.
    invitations (email_hash, share_id) {
        email_hash -> Binary,
        share_id -> Id,
        account_id -> Id,
    }
}

diesel::table! {
    use super::Id;
    /// The shares that an account has accepted.
    received_shares (account_id, share_id) {
        account_id -> Id,
        share_id -> Id,
        member_id -> Id,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Nullable, Text};
    use super::{Day, Id, Moment};
    /// Who read what under a share: rows are added and never changed.
    disclosures (account_id, number) {
        account_id -> Id,
        number -> BigInt,
        at -> Moment,
        share_id -> Id,
        recipient_id -> Id,
        collection -> Text,
        path -> Text,
        detail -> Text,
        from_date -> Nullable<Day>,
        to_date -> Nullable<Day>,
        records -> BigInt,
        outcome -> Text,
        request_id -> Text,
        hash -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary};
    use super::Id;
    /// The length and the last hash of each journal's disclosures.
    disclosure_heads (account_id) {
        account_id -> Id,
        count -> BigInt,
        hash -> Binary,
        seal -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::{Binary, Integer, Nullable};
    use super::{Id, Moment};
    /// Answers to requests that may come again.
    idempotency_keys (account_id, key_hash) {
        account_id -> Id,
        key_hash -> Binary,
        request_hash -> Binary,
        at -> Moment,
        status -> Integer,
        answer -> Nullable<Binary>,
    }
}

diesel::table! {
    use diesel::sql_types::Binary;
    use super::{Day, Id};
    /// What is left of an erased account, sealed; the key is a keyed hash of the account's id.
    erased_ledgers (ledger_id) {
        ledger_id -> Id,
        erased_on -> Day,
        disclosed -> Binary,
    }
}

diesel::joinable!(accounts -> data_keys (account_id));
diesel::allow_tables_to_appear_in_same_query!(accounts, data_keys, email_addresses, journals, login_sessions);

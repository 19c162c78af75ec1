//! The contract stays compatible: what was once promised in `proto/` is there for ever.
//!
//! `tests/contract/v1.txt` holds every promise as a line. A line that the files of today do not give is a field number
//! that is used again, a type that changed, a method that went. New promises are added to it with
//! `CHALKTALK_BLESS=1 cargo test --test contract`; nothing ever leaves it, but a field that became `reserved`.

#![cfg(feature = "run")]
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeSet;
use std::fs;

use chalktalk::runner::DESCRIPTORS;
use prost::Message;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};

const PROMISED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract/v1.txt");

/// Every promise of the files, one a line.
fn promises(files: &FileDescriptorSet) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for file in files.file.iter().filter(|file| file.package().starts_with("chalktalk.")) {
        let package = format!(".{}", file.package());
        for message in &file.message_type {
            of_message(&package, message, &mut lines);
        }
        for one in &file.enum_type {
            of_enum(&package, one, &mut lines);
        }
        for service in &file.service {
            for method in &service.method {
                let stream = |yes: bool| if yes { "stream " } else { "" };
                lines.insert(format!(
                    "rpc {package}.{}.{} ({}{}) returns ({}{})",
                    service.name(),
                    method.name(),
                    stream(method.client_streaming()),
                    method.input_type(),
                    stream(method.server_streaming()),
                    method.output_type(),
                ));
            }
        }
    }
    lines
}

fn of_message(scope: &str, message: &DescriptorProto, lines: &mut BTreeSet<String>) {
    let name = format!("{scope}.{}", message.name());
    for field in &message.field {
        lines.insert(of_field(&name, message, field));
    }
    for range in &message.reserved_range {
        for number in range.start()..range.end() {
            lines.insert(format!("reserved {name} {number}"));
        }
    }
    for reserved in &message.reserved_name {
        lines.insert(format!("reserved {name} {reserved}"));
    }
    for inner in &message.nested_type {
        of_message(&name, inner, lines);
    }
    for inner in &message.enum_type {
        of_enum(&name, inner, lines);
    }
}

fn of_field(message_name: &str, message: &DescriptorProto, field: &FieldDescriptorProto) -> String {
    let label = if field.label() == Label::Repeated { "repeated " } else { "" };
    let kind = match field.r#type() {
        Type::Message | Type::Enum => field.type_name().to_owned(),
        scalar => format!("{scalar:?}").to_lowercase(),
    };
    let one_of = match field.oneof_index {
        Some(at) if !field.proto3_optional() => {
            format!(" in {}", message.oneof_decl[usize::try_from(at).unwrap()].name())
        }
        Some(_) => " optional".to_owned(),
        None => String::new(),
    };
    format!("field {message_name} {} {}: {label}{kind}{one_of}", field.number(), field.name())
}

fn of_enum(scope: &str, one: &EnumDescriptorProto, lines: &mut BTreeSet<String>) {
    for value in &one.value {
        lines.insert(format!("enum {scope}.{} {} {}", one.name(), value.number(), value.name()));
    }
}

/// The promises that are broken. A field may go if its number and its name are reserved.
fn broken(promised: &BTreeSet<String>, given: &BTreeSet<String>) -> Vec<String> {
    let went_well = |line: &str| {
        let mut words = line.split([' ', ':']);
        let (Some("field"), Some(message), Some(number), Some(name)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return false;
        };
        [number, name].iter().all(|what| given.contains(&format!("reserved {message} {what}")))
    };
    promised.difference(given).filter(|line| !went_well(line)).cloned().collect()
}

fn files() -> FileDescriptorSet {
    FileDescriptorSet::decode(DESCRIPTORS).expect("the build wrote it")
}

#[test]
fn no_promise_is_broken_and_every_one_is_written_down() {
    let given = promises(&files());
    let text = fs::read_to_string(PROMISED).unwrap_or_default();
    let promised: BTreeSet<String> = text.lines().map(str::to_owned).collect();
    let broken = broken(&promised, &given);
    assert!(broken.is_empty(), "the files in proto/ no longer give what was promised:\n{}", broken.join("\n"));
    let new: Vec<&String> = given.difference(&promised).collect();
    if !new.is_empty() && std::env::var_os("CHALKTALK_BLESS").is_some() {
        let all: Vec<&str> = promised.union(&given).map(String::as_str).collect();
        fs::write(PROMISED, all.join("\n") + "\n").unwrap();
        return;
    }
    assert!(new.is_empty(), "promise these with CHALKTALK_BLESS=1 cargo test --test contract:\n{new:#?}");
}

/// Changes the message of that name.
fn change(files: &mut FileDescriptorSet, name: &str, change: impl Fn(&mut DescriptorProto)) {
    let mut messages = files.file.iter_mut().flat_map(|file| &mut file.message_type);
    change(messages.find(|message| message.name() == name).expect("the message is there"));
}

#[test]
fn what_breaks_clients_is_found() {
    let promised = promises(&files());
    let check = |name: &str, n_broken: usize, what: fn(&mut DescriptorProto)| {
        let mut files = files();
        change(&mut files, name, what);
        let broken = broken(&promised, &promises(&files));
        assert_eq!(broken.len(), n_broken, "{broken:#?}");
    };
    check("Ball", 0, |_| {});
    // A new field.
    check("Ball", 0, |ball| {
        let field = FieldDescriptorProto { name: Some("new".into()), number: Some(99), ..ball.field[2].clone() };
        ball.field.push(field);
    });
    // Another type, another number, another label, another name.
    check("Ball", 1, |ball| ball.field[2].set_type(Type::Bytes));
    check("Ball", 1, |ball| ball.field[2].number = Some(99));
    check("Ball", 1, |ball| ball.field[2].set_label(Label::Repeated));
    check("Ball", 1, |ball| ball.field[2].name = Some("other".into()));
    // A field that went without a trace, and one whose number and name stay reserved.
    check("Ball", 1, |ball| drop(ball.field.remove(2)));
    check("Ball", 0, |ball| {
        let field = ball.field.remove(2);
        ball.reserved_name.push(field.name().to_owned());
        let (start, end) = (field.number, field.number.map(|number| number + 1));
        ball.reserved_range.push(prost_types::descriptor_proto::ReservedRange { start, end });
    });
    // A field that left its `oneof`.
    check("SignalRequest", 1, |signal| signal.field[0].oneof_index = None);
}

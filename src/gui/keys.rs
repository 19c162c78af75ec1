//! From the toolkit's keys to the editor's shortcuts.

use egui::{Event, Modifiers};

use crate::app::{Key, Shortcut};

/// The shortcuts pressed in this frame. Repeats of a held key count only where `repeats` says so.
pub fn pressed(events: &[Event]) -> impl Iterator<Item = (Shortcut, egui::Key, Modifiers)> + '_ {
    events.iter().filter_map(|event| match event {
        Event::Key { key, pressed: true, repeat, modifiers, .. } => {
            let shortcut = shortcut(*key, *modifiers)?;
            (!repeat || repeats(shortcut)).then_some((shortcut, *key, *modifiers))
        }
        _ => None,
    })
}

const fn repeats(shortcut: Shortcut) -> bool {
    matches!(
        shortcut.key,
        Key::Char('Z' | 'Y' | 'N' | 'M' | '.' | ',' | '+' | '-') | Key::Left | Key::Right | Key::Up | Key::Down
    )
}

/// `None` for keys that no shortcut has.
pub fn shortcut(key: egui::Key, modifiers: Modifiers) -> Option<Shortcut> {
    let key = match key {
        egui::Key::Space => Key::Space,
        egui::Key::Enter => Key::Enter,
        egui::Key::Escape => Key::Escape,
        egui::Key::Delete => Key::Delete,
        egui::Key::Backspace => Key::Backspace,
        egui::Key::Home => Key::Home,
        egui::Key::End => Key::End,
        egui::Key::PageUp => Key::PageUp,
        egui::Key::PageDown => Key::PageDown,
        egui::Key::ArrowLeft => Key::Left,
        egui::Key::ArrowRight => Key::Right,
        egui::Key::ArrowUp => Key::Up,
        egui::Key::ArrowDown => Key::Down,
        egui::Key::Plus | egui::Key::Equals => Key::Char('+'),
        egui::Key::Minus => Key::Char('-'),
        egui::Key::Comma => Key::Char(','),
        egui::Key::Period => Key::Char('.'),
        egui::Key::OpenBracket => Key::Char('['),
        egui::Key::CloseBracket => Key::Char(']'),
        other => named(other.name())?,
    };
    let shift = modifiers.shift && key != Key::Char('+');
    Some(Shortcut { ctrl: modifiers.command, shift, alt: modifiers.alt, key })
}

/// Letters, digits and function keys by their names: `A`, `7`, `F2`.
fn named(name: &str) -> Option<Key> {
    if let Some(number) = name.strip_prefix('F').and_then(|number| number.parse().ok()) {
        return Some(Key::F(number));
    }
    let mut chars = name.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if c.is_ascii_alphanumeric() => Some(Key::Char(c.to_ascii_uppercase())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_shortcuts() {
        let ctrl_shift = Modifiers { ctrl: true, command: true, shift: true, ..Modifiers::NONE };
        assert_eq!(shortcut(egui::Key::Z, ctrl_shift), Some(Shortcut::ctrl_shift(Key::Char('Z'))));
        assert_eq!(shortcut(egui::Key::F2, Modifiers::NONE), Some(Shortcut::plain(Key::F(2))));
        assert_eq!(shortcut(egui::Key::F, Modifiers::NONE), Some(Shortcut::plain(Key::Char('F'))));
        assert_eq!(shortcut(egui::Key::Num3, Modifiers::NONE), Some(Shortcut::plain(Key::Char('3'))));
        assert_eq!(shortcut(egui::Key::Tab, Modifiers::NONE), None);
    }
}

/** The pictures of icons.svg, by name; a test holds both together. */
export type IconName =
  | "mark" | "chat" | "ticket" | "users" | "user" | "globe" | "chart" | "plug" | "intent" | "gear" | "search"
  | "plus" | "minus" | "x" | "check" | "checks" | "up" | "down" | "right" | "left" | "back" | "go" | "more" | "send"
  | "clip" | "image" | "smile" | "slash" | "bolt" | "lock" | "clock" | "moon" | "sun" | "swap" | "merge"
  | "tag" | "eye" | "pen" | "bot" | "mail" | "phone" | "pin" | "box" | "truck" | "warn" | "info" | "stop"
  | "refresh" | "filter" | "star" | "at" | "file" | "copy" | "out" | "bell" | "offline" | "flag" | "play"
  | "pause" | "device" | "chip" | "disk" | "wand" | "book" | "cart" | "link" | "side" | "down-tray";

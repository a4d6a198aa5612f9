/** The emoji that are offered: what people say to a shop, few enough to be found by looking. Unicode 11 and before. */
export const EMOJI = {
  faces: '😀 😃 😄 😁 😆 😅 😂 🤣 😊 🙂 😉 😍 🥰 😘 😋 😎 🤔 🤨 😐 😶 🙄 😏 😮 😴 😌 😒 😓 😔 😕 🙁 😟 😢 😭 😤 😠 😡 😳 😱 😨 😰 😥 😬 🤗 🤭 🤫 🤐 🤒 😷 🥳 😇',
  hands: '👍 👎 👌 🙏 👏 🙌 👋 🤝 💪 ✌️ 🤞 👉 👈 👆 👇 ✋ 🤙 👀 🙋 🤷 🤦 🙇',
  signs: '❤️ 💔 💯 ✅ ❌ ❓ ❗ ⚠️ ⭐ ✨ 🔥 🎉 🎁 💡 ⏰ ⏳ 📌 🔔 ➕ ➡️ 🆗 🆕',
  things: '📦 🚚 🛒 🛍️ 💰 💳 🧾 📷 📱 💻 📧 📞 📝 📅 🔧 🔑 🏠 🏪 ☕ 🍵 🍎 🍚 🍜 🍰 👕 👟 🌸 ☀️ 🌧️ 🐱 🐶',
} as const;

export type EmojiGroup = keyof typeof EMOJI;
export const GROUPS = Object.keys(EMOJI) as EmojiGroup[];

export function emojiOf(group: EmojiGroup): readonly string[] {
  return EMOJI[group].split(' ');
}

/** Where an arrow leads in a grid of `columns`; the same place where it leads nowhere. */
export function step(at: number, key: string, columns: number, count: number): number {
  const wanted = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + columns, ArrowUp: at - columns, Home: 0, End: count - 1 }[key];
  return wanted === undefined || wanted < 0 || wanted >= count ? at : wanted;
}

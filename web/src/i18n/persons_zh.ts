// 谁做了什么：人的称呼。

export const personsZh = {
  'person.administrator': '管理员',
  'person.platform': '系统',
  'person.known': '{name}（{username}）',
} as const

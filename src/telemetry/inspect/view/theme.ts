/** Light and dark: as the system says, or as was chosen. */
import { h } from './dom.ts'

const THEMES = ['auto', 'light', 'dark'] as const
type Theme = (typeof THEMES)[number]

const SYMBOL: Readonly<Record<Theme, string>> = { auto: '◐', light: '☀', dark: '☾' }

/** The button that goes round; `onChange` after each change, of the system too. */
export function themeButton(onChange: () => void): HTMLButtonElement {
  let theme: Theme = 'auto'
  const button = h('button', { type: 'button', class: 'quiet', id: 'theme', click: next })
  function show(): void {
    button.textContent = `${SYMBOL[theme]} ${theme === 'auto' ? 'Auto' : theme === 'light' ? 'Light' : 'Dark'}`
    button.setAttribute('aria-label', `Colours: ${theme}. Change`)
    if (theme === 'auto') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = theme
  }
  function next(): void {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] as Theme
    show()
    onChange()
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange)
  show()
  return button
}

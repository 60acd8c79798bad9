/** Recordings that are dropped on the page, or chosen, join the one that it came with. */
import type { Recording } from '../recording.ts'
import { faultOf } from '../recording-fault.ts'
import { h } from './dom.ts'

/** The button to choose files with. What is wrong with a file is told to `onFault`. */
export function recordingPicker(
  onRecording: (recording: Recording) => void,
  onFault: (text: string) => void,
): HTMLElement {
  const read = async (files: Iterable<File>) => {
    for (const file of files) {
      try {
        const data: unknown = JSON.parse(await file.text())
        const fault = faultOf(data)
        if (fault === null) onRecording(data as Recording)
        else onFault(`${file.name} is no recording: ${fault}.`)
      } catch {
        onFault(`${file.name} is no recording: it is not JSON.`)
      }
    }
  }
  const input = h('input', {
    type: 'file',
    id: 'file',
    accept: '.json',
    multiple: true,
    hidden: true,
    change: () => void read(input.files ?? []).then(() => (input.value = '')),
  })
  document.addEventListener('dragover', (event) => event.preventDefault())
  document.addEventListener('drop', (event) => {
    event.preventDefault()
    void read(event.dataTransfer?.files ?? [])
  })
  const button = h(
    'button',
    { type: 'button', class: 'quiet', click: () => input.click() },
    'Add a recording',
  )
  return h('span', {}, button, input)
}

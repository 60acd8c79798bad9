/** Says what is pointed at. The page is complete without it. */
export const script = `
const tip = document.getElementById('tip')
const hide = () => tip.classList.remove('on')
const show = (event) => {
  const text = event.target.dataset && event.target.dataset.tip
  if (!text) return hide()
  tip.textContent = text
  tip.classList.add('on')
  const { offsetWidth: width, offsetHeight: height } = tip
  const left = Math.min(event.clientX + 14, innerWidth - width - 8)
  const top = event.clientY + 18 + height > innerHeight ? event.clientY - height - 10 : event.clientY + 18
  tip.style.left = Math.max(8, left) + 'px'
  tip.style.top = top + 'px'
}
document.addEventListener('pointermove', show)
document.addEventListener('pointerleave', hide)
document.addEventListener('scroll', hide, { passive: true })
`

import { expect } from 'chai'
import { readIniFile } from '../../../src/cli/convert/ini-file.ts'

const read = (text: string, section: string, key: string) => readIniFile(text).find(section, key)?.value

describe("Python's configuration files", () => {
  it('know keys in any case, with = or :', () => {
    expect(read('[a]\nKey= 1', 'a', 'key')).to.equal('1')
    expect(read('[a]\nkey : x=y', 'a', 'key')).to.equal('x=y')
  })

  it('keep # and ; within a value, and skip lines that begin with them', () => {
    expect(read('[a]\n# key = 0\n  ; key = 0\nkey = #ops ; x', 'a', 'key')).to.equal('#ops ; x')
  })

  it('go on with a value in indented lines', () => {
    const text = '[a]\nkey = 1\n  2\n\n  3\nother = 4'
    expect(read(text, 'a', 'key')).to.equal('1\n2\n3')
    expect(read(text, 'a', 'other')).to.equal('4')
  })

  it('know the keys of [DEFAULT] in every section, whose own go before', () => {
    const text = '[a]\nown = 2\n[DEFAULT]\nkey = 1\nown = 1'
    expect(read(text, 'a', 'key')).to.equal('1')
    expect(read(text, 'a', 'own')).to.equal('2')
    expect(read(text, 'absent', 'key')).to.equal('1')
    expect(read(text, 'DEFAULT', 'absent')).to.equal(undefined)
  })

  it('put in the value of another key, and %% as one', () => {
    const text = '[DEFAULT]\nhost = x%(tail)s\ntail = .y\n[a]\nurl = %(HOST)s/100%%/%(absent)s'
    expect(read(text, 'a', 'url')).to.equal('x.y/100%/%(absent)s')
    expect(read('[a]\nkey = %(key)s', 'a', 'key')).to.equal('%(key)s')
  })

  it('may come from Windows', () => {
    expect(read('\uFEFF[a]\r\nkey = 1\r\n', 'a', 'key')).to.equal('1')
  })
})

import { expect } from 'chai'
import { checkIndexPrefix, parseElasticsearchUrls } from '../../../src/store/elasticsearch/connection-settings.ts'

describe('the place of Elasticsearch', () => {
  it('is one url, or several of one cluster', () => {
    expect(parseElasticsearchUrls('https://es.example:9200')).to.deep.equal(['https://es.example:9200'])
    expect(parseElasticsearchUrls('http://a:9200/, https://b/search/')).to.deep.equal([
      'http://a:9200',
      'https://b/search',
    ])
  })

  it('is not shown where it cannot be used, as it may hold a password', () => {
    for (const text of ['es.example:9200', 'ftp://elastic:hidden@es', '', 'https://elastic:hidden@es', 'https://a,']) {
      expect(() => parseElasticsearchUrls(text), text)
        .to.throw(/Elasticsearch/)
        .with.property('message')
        .that.does.not.include('hidden')
    }
  })

  it('has indices whose names cannot be taken for a pattern, or for all', () => {
    expect(checkIndexPrefix('k8s-crash-monitor-')).to.equal('k8s-crash-monitor-')
    for (const text of [
      '*',
      'a*',
      '',
      '-a',
      '_all',
      'A',
      'a,b',
      'a b',
      '../a',
      'a/b',
      '.kibana',
      `a${'b'.repeat(100)}`,
    ])
      expect(() => checkIndexPrefix(text), text).to.throw(/index/)
  })
})

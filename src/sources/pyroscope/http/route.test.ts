import { expect, test } from 'vitest';
import { cutRoute } from './route.js';

test.each([
  ['/querier.v1.QuerierService/SelectSeries', 'SelectSeries'],
  ['/api/datasources/proxy/uid/prod/querier.v1.QuerierService/Series', 'Series'],
  ['/api/datasources/proxy/7/capabilities.v1.FeatureFlagsService/GetFeatureFlags', 'GetFeatureFlags'],
  ['/querier.v1.QuerierService/Invented', 'other'],
  ['/api/datasources', 'data_sources'],
  ['/api/datasources/uid/prod/health', 'data_source_health'],
  ['/api/search?type=dash-db&limit=5000&page=1', 'search'],
  ['/api/dashboards/uid/abc', 'dashboard'],
  ['/apis/dashboard.grafana.app/v1/namespaces/default/dashboards', 'dashboard'],
  ['/api/library-elements/abc', 'library_panel'],
  ['/api/access-control/user/permissions?reloadcache=true', 'permissions'],
  ['/checkout-api', 'other'],
  ['', 'other'],
])('%s is counted as %s', (path, route) => {
  expect(cutRoute(path)).toBe(route);
});

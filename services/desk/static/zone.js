// The zone of this clock: pages are made with its times.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.includes(`postroom_zone=${zone}`)) {
  document.cookie = `postroom_zone=${zone}; path=/; max-age=31536000; samesite=lax`;
}

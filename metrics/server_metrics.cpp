#include "metrics/server_metrics.h"

#include <utility>

#include "metrics/metric_families.h"
#include "metrics/process_figures.h"

namespace sluice::metrics {
namespace {

using prometheus::MetricType;

/// A source is a microphone or a screen's sound (audio), or a camera or a screen (video).
std::string kind_of(TrackSource source) {
  const bool audio = source == TrackSource::kMicrophone || source == TrackSource::kScreenAudio;
  return std::string{LabelValues<FrameKind>::kNames[audio ? 0 : 1]};
}

void add_people(MetricFamilies& page) {
  page.begin(MetricType::Gauge, "sluice_rooms", "Rooms that exist now.");
  page.sum({}, &ShardMetrics::rooms);
  page.begin(MetricType::Gauge, "sluice_participants", "Participants in all rooms now.");
  page.sum({}, &ShardMetrics::participants);
  page.begin(MetricType::Gauge, "sluice_tracks", "Tracks published now.");
  for_each_label<TrackSource>([&](TrackSource source, const std::string& name) {
    page.sum({{"kind", kind_of(source)}, {"source", name}},
             [source](const ShardMetrics& shard) -> auto& { return shard.tracks[source]; });
  });
}

void add_connections(MetricFamilies& page) {
  page.begin(MetricType::Gauge, "sluice_connections",
             "Connections that speak the Sluice protocol now.");
  for_each_label<Transport>([&](Transport transport, const std::string& transport_name) {
    for_each_label<Tls>([&](Tls tls, const std::string& tls_name) {
      page.sum({{"transport", transport_name}, {"tls", tls_name}},
               [transport, tls](const ShardMetrics& shard) -> auto& {
                 return shard.connections[transport][tls];
               });
    });
  });
  page.begin(MetricType::Counter, "sluice_connections_accepted_total",
             "TCP connections accepted, whatever became of them.");
  page.sum({}, &ShardMetrics::connections_accepted);
  page.begin(MetricType::Counter, "sluice_connections_refused_total",
             "TCP connections closed before they spoke the Sluice protocol or HTTP, by reason.");
  for_each_label<Refusal>([&](Refusal reason, const std::string& name) {
    page.sum({{"reason", name}}, [reason](const ShardMetrics& shard) -> auto& {
      return shard.connections_refused[reason];
    });
  });
  page.begin(MetricType::Counter, "sluice_accept_errors_total",
             "Times that the kernel refused to hand over a connection, as when the process has no "
             "file descriptor left.");
  page.sum({}, &ShardMetrics::accept_errors);
}

void add_frames(MetricFamilies& page) {
  page.begin(MetricType::Counter, "sluice_frames_received_total",
             "Whole frames received from publishers.");
  for_each_label<FrameKind>([&](FrameKind kind, const std::string& name) {
    page.sum({{"kind", name}},
             [kind](const ShardMetrics& shard) -> auto& { return shard.frames_received[kind]; });
  });
  page.begin(MetricType::Counter, "sluice_frames_sent_total",
             "Whole frames handed to the kernel for subscribers; a frame counts once for each.");
  for_each_label<FrameKind>([&](FrameKind kind, const std::string& name) {
    page.sum({{"kind", name}},
             [kind](const ShardMetrics& shard) -> auto& { return shard.frames_sent[kind]; });
  });
  page.begin(
      MetricType::Counter, "sluice_frames_left_out_total",
      "Frames not sent to a subscriber, by reason; a frame counts once for each subscriber.");
  for_each_label<FrameKind>([&](FrameKind kind, const std::string& kind_name) {
    for_each_label<LeftOut>([&](LeftOut reason, const std::string& reason_name) {
      page.sum({{"kind", kind_name}, {"reason", reason_name}},
               [kind, reason](const ShardMetrics& shard) -> auto& {
                 return shard.frames_left_out[kind][reason];
               });
    });
  });
  page.begin(MetricType::Counter, "sluice_keyframe_requests_total",
             "Keyframes asked of publishers, by what made it necessary.");
  for_each_label<KeyframeCause>([&](KeyframeCause cause, const std::string& name) {
    page.sum({{"cause", name}}, [cause](const ShardMetrics& shard) -> auto& {
      return shard.keyframe_requests[cause];
    });
  });
}

void add_bytes(MetricFamilies& page) {
  page.begin(MetricType::Counter, "sluice_received_bytes_total",
             "Bytes of messages received, without the framing of the transport.");
  for_each_label<ByteKind>([&](ByteKind kind, const std::string& name) {
    page.sum({{"kind", name}},
             [kind](const ShardMetrics& shard) -> auto& { return shard.bytes_received[kind]; });
  });
  page.begin(MetricType::Counter, "sluice_sent_bytes_total",
             "Bytes of messages sent, without the framing of the transport.");
  for_each_label<ByteKind>([&](ByteKind kind, const std::string& name) {
    page.sum({{"kind", name}},
             [kind](const ShardMetrics& shard) -> auto& { return shard.bytes_sent[kind]; });
  });
}

void add_waiting(MetricFamilies& page, const Shards& shards) {
  page.begin(
      MetricType::Histogram, "sluice_queue_age_seconds",
      "Time from queueing a frame for a subscriber to handing its last chunk to the kernel.");
  page.histogram({{"kind", "audio"}}, [](const ShardMetrics& shard) -> const Histogram& {
    return shard.audio_queue_age;
  });
  page.histogram({{"kind", "video"}}, [](const ShardMetrics& shard) -> const Histogram& {
    return shard.video_queue_age;
  });
  page.begin(MetricType::Histogram, "sluice_kernel_unsent_bytes",
             "Bytes that the kernel held and had not sent yet, each time the server looked at a "
             "socket before writing media to it.");
  page.histogram(
      {}, [](const ShardMetrics& shard) -> const Histogram& { return shard.kernel_unsent_bytes; });
  page.begin(MetricType::Histogram, "sluice_in_flight_bytes",
             "Bytes unsent or sent and not acknowledged, each time the server looked at a socket "
             "before writing media to it.");
  page.histogram(
      {}, [](const ShardMetrics& shard) -> const Histogram& { return shard.in_flight_bytes; });
  page.begin(MetricType::Counter, "sluice_lossy_paths_total",
             "Changes of a connection to the congestion control for paths that lose packets.");
  page.sum({}, [](const ShardMetrics& shard) -> auto& { return shard.lossy_paths; });
  page.begin(MetricType::Histogram, "sluice_event_loop_lag_seconds",
             "How late a periodic timer of a shard's event loop ran.");
  for (std::size_t index = 0; index < shards.size(); ++index) {
    page.histogram({{"shard", std::to_string(index)}}, shards[index]->event_loop_lag);
  }
}

void add_flight_recorder(MetricFamilies& page) {
  page.begin(MetricType::Gauge, "sluice_flight_recorder_bytes",
             "Memory that the flight recorders hold; at 64 MiB for each shard they remember less.");
  page.sum({}, &ShardMetrics::flight_recorder_bytes);
}

void add_shards(MetricFamilies& page, const Shards& shards) {
  page.begin(MetricType::Gauge, "sluice_shard_connections",
             "Connections that speak the Sluice protocol now, by the shard that they live on.");
  for (std::size_t index = 0; index < shards.size(); ++index) {
    std::int64_t connections = 0;
    for_each_label<Transport>([&](Transport transport, const std::string&) {
      for_each_label<Tls>([&](Tls tls, const std::string&) {
        connections += shards[index]->connections[transport][tls].value();
      });
    });
    page.value({{"shard", std::to_string(index)}}, static_cast<double>(connections));
  }
  page.begin(
      MetricType::Counter, "sluice_shard_frames_total",
      "Frames handed from the publisher's shard to another, once for each with subscribers.");
  for_each_label<FrameKind>([&](FrameKind kind, const std::string& name) {
    page.sum({{"kind", name}},
             [kind](const ShardMetrics& shard) -> auto& { return shard.shard_frames[kind]; });
  });
  page.begin(MetricType::Counter, "sluice_shard_frames_dropped_total",
             "Frames not handed to another shard, which lagged behind by a whole ring.");
  for_each_label<FrameKind>([&](FrameKind kind, const std::string& name) {
    page.sum({{"kind", name}}, [kind](const ShardMetrics& shard) -> auto& {
      return shard.shard_frames_dropped[kind];
    });
  });
  page.begin(MetricType::Counter, "sluice_shard_messages_delayed_total",
             "Messages from shard to shard that had to wait because an inbox was full.");
  page.sum({}, &ShardMetrics::shard_messages_delayed);
}

void add_process(MetricFamilies& page) {
  const auto process = read_process_figures();
  if (!process) return;
  page.begin(MetricType::Counter, "process_cpu_seconds_total",
             "Total user and system CPU time spent in seconds.");
  page.value({}, process->cpu_seconds);
  page.begin(MetricType::Gauge, "process_start_time_seconds",
             "Start time of the process since unix epoch in seconds.");
  page.value({}, process->start_time_seconds);
  page.begin(MetricType::Gauge, "process_resident_memory_bytes", "Resident memory size in bytes.");
  page.value({}, process->resident_bytes);
  page.begin(MetricType::Gauge, "process_open_fds", "Number of open file descriptors.");
  page.value({}, process->open_fds);
  page.begin(MetricType::Gauge, "process_max_fds", "Maximum number of open file descriptors.");
  page.value({}, process->max_fds);
}

}  // namespace

ServerMetrics::ServerMetrics(Options options) : options_{std::move(options)} {
  shards_.reserve(options_.shards);
  for (std::size_t index = 0; index < options_.shards; ++index) {
    shards_.push_back(std::make_unique<ShardMetrics>(options_.error_codes.size()));
  }
}

std::string ServerMetrics::exposition() const {
  MetricFamilies page{shards_};
  page.begin(MetricType::Gauge, "sluice_build_info", "Always 1; the version is a label.");
  page.value({{"version", options_.version}}, 1);
  add_people(page);
  add_connections(page);
  add_frames(page);
  add_bytes(page);
  add_waiting(page, shards_);
  add_flight_recorder(page);
  add_shards(page, shards_);
  page.begin(MetricType::Counter, "sluice_protocol_errors_total",
             "Errors answered to clients, by the protocol's code.");
  for (std::size_t code = 0; code < options_.error_codes.size(); ++code) {
    page.sum({{"code", options_.error_codes[code]}},
             [code](const ShardMetrics& shard) -> auto& { return shard.protocol_errors[code]; });
  }
  add_process(page);
  return page.text();
}

}  // namespace sluice::metrics
